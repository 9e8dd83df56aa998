/*
 * Words that go on or point back. Written for this; which of them mean
 * something else at times, followup.c knows.
 */
#include "followupwords.h"

const struct followup_list	followup_lists[LANGUAGE_COUNT] = {
	[LANGUAGE_ENGLISH] = {
		.opens = " and but or so then also what's how's plus ",
		.points = " it its they them their theirs he him his she her "
		    "hers this these those there such same else another "
		    "other instead too also former latter previous above "
		    "mentioned ones again ",
		.ends = " that one more "
	},
	[LANGUAGE_GERMAN] = {
		.opens = " und aber oder dann also sowie auch ",
		.points = " er ihn ihm ihr ihre ihrer ihren ihrem seine "
		    "seiner seinen seinem dieser diese dieses diesem diesen "
		    "jener jene jenes dort davon dafür daran darauf darin "
		    "darüber dazu dabei dahin dorthin sie es ihnen dessen "
		    "deren anderen andere anderer beide beiden letztere "
		    "erstere ebenfalls stattdessen sonst auch ",
		.ends = " das die den dem der da mehr noch "
	},
	[LANGUAGE_FRENCH] = {
		.opens = " et mais ou donc alors puis aussi ",
		.points = " il elle ils elles lui leur leurs ce cela ça "
		    "celui celle ceux celles celui-ci celle-ci là cet cette "
		    "ces son sa ses y autre autres même aussi ",
		.ends = " eux ci ca plus en le la les "
	},
	[LANGUAGE_SPANISH] = {
		.opens = " y e o u pero entonces también además ",
		.points = " él ella ellos ellas eso esto esa ese esos esas "
		    "este esta estos estas allí ahí allá su sus suyo "
		    "aquel aquella aquello mismo misma otro otra otros otras "
		    "también ",
		.ends = " lo la los las más "
	},
	[LANGUAGE_ITALIAN] = {
		.opens = " e ed ma o oppure allora anche poi ",
		.points = " esso essa essi esse lui lei loro questo questa "
		    "questi queste quello quella quelli quelle ciò lì là "
		    "suo sua suoi sue stesso stessa altro altra altri altre "
		    "anche ",
		.ends = " ne più lo "
	},
	[LANGUAGE_PORTUGUESE] = {
		.opens = " e mas ou então também além ",
		.points = " ele ela eles elas isso isto esse essa esses "
		    "essas este esta estes estas aquele aquela aquilo lá "
		    "ali aí seu sua seus suas dele dela deles delas nele "
		    "nela disso nisso mesmo mesma outro outra outros outras "
		    "também ",
		.ends = " mais "
	},
	[LANGUAGE_DUTCH] = {
		.opens = " en maar of dus dan ook ",
		.points = " hij ze zij hem haar hun dit deze die daar ervan "
		    "erop daarvan daarop daarvoor ander andere ook zelfde ",
		.ends = " dat het er meer "
	},
	[LANGUAGE_SWEDISH] = {
		.opens = " och men eller då också ",
		.points = " han hon hans hennes honom henne dess deras där "
		    "dit denna detta dessa dem dom samma annan annat andra "
		    "också ",
		.ends = " den det mer "
	},
	[LANGUAGE_NORWEGIAN] = {
		.opens = " og men eller da også ",
		.points = " han hun hans hennes ham henne deres dette disse "
		    "denne dem der dit samme annen annet andre også ",
		.ends = " den det mer "
	},
	[LANGUAGE_DANISH] = {
		.opens = " og men eller så også ",
		.points = " han hun hans hendes ham hende deres dette disse "
		    "denne dem dens dets derhen samme anden andet andre "
		    "også ",
		.ends = " den det der mere "
	},
	[LANGUAGE_FINNISH] = {
		.opens = " ja mutta tai entä entäs myös ",
		.points = " se sen sitä siinä siitä siihen siellä "
		    "sieltä sinne ne niiden niitä hän hänen tämä "
		    "tämän nämä sama muu muut ",
		.ends = " lisää "
	},
	[LANGUAGE_HUNGARIAN] = {
		.opens = " és de vagy akkor is ",
		.points = " ott onnan oda ennek annak ezt azt ezek azok őt "
		    "övé ugyanaz másik benne róla ",
		.ends = " ez még "
	},
	[LANGUAGE_ROMANIAN] = {
		.opens = " și si dar sau atunci iar ",
		.points = " el ea ei ele acesta aceasta acestea acolo lui "
		    "lor său sa săi sale acela aceea celălalt altul alta ",
		.ends = " asta mai "
	},
	[LANGUAGE_TURKISH] = {
		.opens = " ve ama peki ya ayrıca ",
		.points = " o onun ona onu onlar onların onları bunun bunu "
		    "buna bunlar orada oraya burada diğer başka aynı ",
		.ends = " bu şu "
	},
	[LANGUAGE_RUSSIAN] = {
		.opens = " и а но или тогда ещё еще "
		    "также ",
		.points = " он она оно они его её ее их "
		    "ему ей им нём нем ней них там "
		    "туда оттуда этот эта эти этого "
		    "этой этом этому другой другая "
		    "другие тоже ",
		.ends = " это тот та те то "
	},
	[LANGUAGE_GREEK] = {
		.opens = " και κι αλλά ή τότε ",
		.points = " αυτό αυτή αυτός αυτά αυτές "
		    "αυτοί αυτού αυτής εκεί του της "
		    "τους τον την ίδιο άλλο άλλη "
		    "άλλα επίσης ",
		.ends = " τα "
	}
};

const char	followup_wide_points[] =
    "それ|これ|あれ|その|この|そこ|彼|它|他|她|这|那|這|"
    "其|그것|그거|거기|그곳";

const char	followup_wide_opens[] =
    "では|じゃあ|そして|それで|那|还有|還有|另外|그리고|"
    "그럼|그러면";

const char	followup_right[] =
    " هو هي هم هناك ذلك هذا هذه تلك فيها فيه "
    "منه منها عنه عنها ماذا הוא היא הם הן שם "
    "זה זאת אלה שלו שלה שלהם ";
