/*
 * The list, and the hashes of its terms, made when first asked for.
 *
 * Deliberately missing: other languages. There every word that is no function
 * word counts in full, so that a question is answered rather too readily.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "analyze.h"
#include "everyday.h"

#define EVERYDAY_MAX	1500

static const char	everyday_words[] =
    "able about above accomplish accord according account achieve "
    "across act action activity actual actually add addition "
    "additional adjust advice affect after again against age ago "
    "agree aim allow almost alone along already also alter although "
    "always amount answer anybody anyone anything anyway apart "
    "apparently appear apply approach approximate approximately "
    "area arise around arrange arrive ask aspect assign assist "
    "associate assume attempt attribute available average avoid "
    "away back bad base based basic basically basis bear became "
    "because become been before begin began begun behave behind "
    "being belief believe belong below benefit beside best better "
    "between beyond big bit both bottom break brief briefly bring "
    "brought build built call called came can cannot care carry "
    "case category cause caused century certain certainly chance "
    "change characteristic check choice choose chose chosen "
    "circumstance claim class clear clearly close collect come "
    "common commonly compare compared comparison complete "
    "completely compose composed comprise concern conclude "
    "condition conduct connect consequence consider considered "
    "consist constitute contain content continue contribute control "
    "convert cool correct could count couple course cover create "
    "created creation critical current currently cut daily date day "
    "deal decade decide decision decrease deep define defined "
    "definition degree demonstrate depend derive describe described "
    "description design designate desire despite detail determine "
    "develop developed did differ difference different difficult "
    "direct directly discover discuss display distance distinct "
    "distinguish divide do does doing done double down draw drop "
    "due during each earlier early easily easy effect effective "
    "either eleven eliminate else employ enable encounter end "
    "enough ensure enter entire entirely equal especially establish "
    "estimate etc even event eventually ever every everybody "
    "everyone everything evidence exact exactly example except "
    "exist exists expand expect explain explanation express extend "
    "extent extra extremely fact factor fail fairly fall familiar "
    "famous far fast feature feel felt few field fifth figure final "
    "finally find fine finish first fit five fix focus follow "
    "followed following form formed former forward found four "
    "fourth free frequently full fully function further future gain "
    "gave general generally get give given giving goal goes going "
    "gone good got great greater greatest ground group grow guide "
    "guy had half handle happen happened hard have he hear held "
    "help helpful hence her here hey high higher highest him his "
    "hold hour how however huge hundred idea identify if illustrate "
    "imagine immediately impact imply importance important improve "
    "in include included including increase indeed indicate "
    "individual info inform information initial initially inside "
    "instance instead intend intended interest interested "
    "interesting introduce involve involved issue item its itself "
    "join just keep kept key kind knew know known lack large "
    "largely largest last lasted late later latest lay lead least "
    "leave led left length less let level lie like likely limit "
    "line link list little live lived locate located location long "
    "longer look lose loss lost lot low lower lowest made main "
    "mainly maintain major majority make making manage manner many "
    "mark matter maximum may maybe me mean meaning means meant "
    "measure meet member mention mere method might million mind "
    "minimum minor minute miss modern modify moment month more "
    "moreover most mostly move much multiple must my name named "
    "namely near nearly necessary need never nevertheless new next "
    "nine no nobody none nor normal normally not note nothing "
    "notice now number object observe obtain obvious obviously "
    "occur occurred of off offer often oh ok okay old once one ones "
    "only onto open operate opinion opposite option or order "
    "ordinary origin original originally other others otherwise "
    "ought our out outside over overall own pair part participate "
    "particular particularly partly pass past pay people per "
    "percent percentage perform perhaps period person persons pick "
    "piece place placed plan play please plenty plus point popular "
    "portion position possess possible possibly potential practical "
    "practice precise precisely prefer prepare presence present "
    "prevent previous previously primarily primary principal prior "
    "probably problem proceed process produce produced progress "
    "proper properly propose prove provide provided purpose put "
    "quantity question quick quickly quite raise ran range rank "
    "rapidly rare rarely rate rather reach react read ready real "
    "really reason receive received recent recently recognize "
    "recommend reduce refer reference referred reflect regard "
    "regarding regular relate related relation relationship "
    "relative relatively relevant remain remember remove rename "
    "repeat replace reply represent request require required "
    "requirement resemble respect respond response rest result "
    "return reveal right rise role roughly rule run said same save "
    "saw say scale second section see seek seem seen select sense "
    "separate serious serve set setting seven several shall shape "
    "share she shift short show shown side significant "
    "significantly similar simple simply since single situation six "
    "size slow slowly small smaller smallest so solve some somebody "
    "someone something sometimes somewhat somewhere soon sort speak "
    "specific specifically specify spend split spot stage stand "
    "standard start started state status stay step still stop "
    "strong structure style subject substantial succeed success "
    "successful such suddenly suggest suitable summarise summarize "
    "summary support suppose supposed sure surround switch take "
    "taken talk task tell ten tend term terms than thank thanks "
    "that the their them then there therefore these they thing "
    "things think third this those though thought thousand three "
    "through throughout thus time times tiny to today together told "
    "tomorrow tonight too took top topic total touch toward towards "
    "treat tried true try turn twelve twenty twice two type typical "
    "typically unable under understand unfortunately unit unless "
    "unlike until unusual up upgrade upon us use used useful user "
    "usual usually utilize valuable value variety various vary vast "
    "version very via view visit want was way we week weeks well "
    "went were whatever whenever whereas wherever whether while "
    "whole whom whose wide widely will win wish with within without "
    "won wonder word words work worked working world would write "
    "written wrong wrote year yearly years yes yesterday yet you "
    "your zero 1 2 3 4 5 6 7 8 9 10";

static uint64_t		everyday_hashes[EVERYDAY_MAX];
static size_t		everyday_len;
static pthread_once_t	everyday_once = PTHREAD_ONCE_INIT;

static int
everyday_compare(const void *left, const void *right)
{
	const uint64_t	*a = left, *b = right;

	return ((*a > *b) - (*a < *b));
}

static void
everyday_token(void *arg, const struct analyze_token *token)
{
	(void)arg;
	if (everyday_len < EVERYDAY_MAX)
		everyday_hashes[everyday_len++] = token->hash;
}

static void
everyday_fill(void)
{
	struct analyzer	analyzer;

	if (analyzer_open(&analyzer, LANGUAGE_ENGLISH) == 0)
		analyze_text(&analyzer, everyday_words,
		    sizeof(everyday_words) - 1, everyday_token, NULL);
	analyzer_close(&analyzer);
	qsort(everyday_hashes, everyday_len, sizeof(everyday_hashes[0]),
	    everyday_compare);
}

int
everyday_has(uint64_t hash)
{
	(void)pthread_once(&everyday_once, everyday_fill);

	return (bsearch(&hash, everyday_hashes, everyday_len, sizeof(hash),
	    everyday_compare) != NULL);
}
