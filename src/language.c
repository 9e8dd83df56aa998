/*
 * Function words of sixteen languages, in one table by hash: word -> set of
 * languages. The lists were written for this; they serve two ends, leaving
 * out what no question is about, and knowing a language by what stands in
 * every sentence of it.
 *
 * Deliberately missing: statistics of letters. A text of a few words is not
 * worth them, and one of a few sentences has enough function words.
 */
#include <pthread.h>
#include <string.h>

#include "analyze.h"
#include "language.h"
#include "utf8.h"

#define TABLE_SIZE	8192		/* a power of two, four times filled */
#define WORD_MAX	64
#define DETECT_WORDS	3000		/* looked at in a text */
#define DETECT_SHARE	12		/* one word in so many, at least */

struct language_word {
	uint64_t	hash;
	uint32_t	languages;
};

static const struct {
	const char	*stemmer, *words;
} languages[LANGUAGE_COUNT] = {
	[LANGUAGE_SIMPLE] = { NULL, "" },
	[LANGUAGE_ENGLISH] = { "english",
	    "i me my myself we our ours ourselves you your yours yourself "
	    "yourselves he him his himself she her hers herself it its "
	    "itself they them their theirs themselves what which who whom "
	    "this that these those am is are was were be been being have "
	    "has had having do does did doing a an the and but if or "
	    "because as until while of at by for with about against between "
	    "into through during before after above below to from up down "
	    "in out on off over under again further then once here there "
	    "when where why how all any both each few more most other some "
	    "such no nor not only own same so than too very s t can will "
	    "just don should now d ll m o re ve ain aren couldn didn doesn "
	    "hadn hasn haven isn mightn mustn needn shan shouldn wasn weren "
	    "won wouldn" },
	[LANGUAGE_GERMAN] = { "german",
	    "der die das den dem des ein eine einen einem einer eines und "
	    "oder aber auch als wie wenn weil dass daß ob zu zum zur in im "
	    "ins an am auf aus bei beim mit nach von vom vor für über "
	    "unter um durch gegen ohne zwischen bis seit ist sind war waren "
	    "sein bin bist hat haben hatte hatten habe wird werden wurde "
	    "wurden worden kann können konnte muss müssen soll sollen "
	    "will wollen ich du er sie es wir ihr mich dich sich uns euch "
	    "ihm ihn ihnen mein dein seine seiner seinen ihre ihrer ihren "
	    "unser nicht kein keine nur noch schon so sehr da dann dort "
	    "hier was wer wo wann warum welche welcher welches dieser diese "
	    "dieses diesem diesen jede jeder jedes alle allem man mehr doch "
	    "damit dazu denn" },
	[LANGUAGE_FRENCH] = { "french",
	    "le la les un une des du de d l au aux et ou où mais donc or "
	    "ni car que qui quoi dont quand comment pourquoi quel quelle "
	    "quels quelles ce cet cette ces ça c je j tu il elle on nous "
	    "vous ils elles me m te t se s lui leur leurs mon ma mes ton ta "
	    "tes son sa ses notre nos votre vos en y dans sur sous par pour "
	    "avec sans chez entre vers est sont était étaient être été "
	    "suis es sommes êtes a ai as avons avez ont avait avaient "
	    "avoir eu sera seront ne n pas plus moins très aussi même si "
	    "comme qu à après avant tout tous toute toutes autre autres "
	    "peut fait" },
	[LANGUAGE_SPANISH] = { "spanish",
	    "el la los las un una unos unas de del a al y e o u pero sino "
	    "que qué quien quién cual cuál cuando cuándo donde dónde "
	    "como cómo porque por para con sin sobre entre hasta desde en "
	    "hacia es son era eran ser sido fue fueron está están estaba "
	    "estar soy eres somos ha han había haber he hay tiene tienen "
	    "yo tú él ella ello nosotros ellos ellas me te se nos lo le "
	    "les mi mis tu tus su sus nuestro nuestra este esta esto estos "
	    "estas ese esa eso esos esas no ni sí si más menos muy "
	    "también ya todo todos toda todas otro otra otros otras puede "
	    "cada" },
	[LANGUAGE_ITALIAN] = { "italian",
	    "il lo la i gli le un uno una l di a da in con su per tra fra "
	    "del dello della dei degli delle dell al allo alla ai agli alle "
	    "all dal dalla dai dalle nel nello nella nei nelle sul sulla "
	    "sui sulle e ed o ma se che chi cui quale quali quando dove "
	    "come perché perche non più meno molto anche già è sono era "
	    "erano essere stato stata stati fu furono sia ho hai ha abbiamo "
	    "hanno aveva avevano avere io tu lui lei noi voi loro mi ti si "
	    "ci vi ne suo sua suoi sue mio mia tuo questo questa questi "
	    "queste quello quella quelli tutto tutti tutte ogni può" },
	[LANGUAGE_PORTUGUESE] = { "portuguese",
	    "o a os as um uma uns umas de do da dos das em no na nos nas ao "
	    "aos à às por pelo pela pelos pelas para com sem sobre entre "
	    "até e ou mas que quem qual quais quando onde como porque se "
	    "não mais menos muito também já é são era eram ser sido "
	    "foi foram está estão estava estar sou tem têm tinha ter há "
	    "eu tu ele ela nós eles elas me te lhe lhes meu minha seu sua "
	    "seus suas nosso nossa este esta isto estes estas esse essa "
	    "isso aquele aquela todo todos toda todas outro outra outros "
	    "cada pode" },
	[LANGUAGE_DUTCH] = { "dutch",
	    "de het een en of maar want omdat dat die dit deze wie wat waar "
	    "wanneer waarom hoe welke van in op aan met voor bij naar uit "
	    "door over onder tussen tot tegen zonder te ten ter is zijn was "
	    "waren ben bent wordt worden werd werden geweest heeft hebben "
	    "had hadden heb kan kunnen kon moet moeten zal zullen zou ik "
	    "jij je u hij zij ze wij we jullie hem haar hun mij me ons onze "
	    "mijn uw niet geen ook nog al alle als dan er hier daar zo wel "
	    "meer veel om" },
	[LANGUAGE_SWEDISH] = { "swedish",
	    "och det att i en ett jag hon som han på den med var sig för "
	    "så till är men om hade de av icke mig du henne då sin nu "
	    "har inte hans honom skulle hennes där min man ej vid kunde "
	    "något från ut när efter upp vi dem vara vad över än dig "
	    "kan sina här ha mot alla under någon eller allt mycket sedan "
	    "ju denna själv detta åt utan varit hur ingen mitt ni bli "
	    "blev oss din dessa några deras blir mina samma vilken er "
	    "sådan vår blivit dess inom mellan varför varje vilka ditt "
	    "vem vilket sitt vart" },
	[LANGUAGE_NORWEGIAN] = { "norwegian",
	    "og i jeg det at en et den til er som på de med han av ikke "
	    "der så var meg seg men ett har om vi min mitt ha hadde hun "
	    "nå over da ved fra du ut sin dem oss opp man kan hans hvor "
	    "eller hva skal selv sjøl her alle vil bli ble blitt kunne inn "
	    "når være kom noen noe ville dere deres kun ja etter ned "
	    "skulle denne for deg si sine sitt mot å meget hvorfor dette "
	    "disse uten hvordan ingen din ditt blir samme hvilken hvilke "
	    "sånn inni mellom vår hver hvem hvis både bare enn fordi "
	    "før mange også slik vært begge" },
	[LANGUAGE_DANISH] = { "danish",
	    "og i jeg det at en den til er som på de med han af for ikke "
	    "der var mig sig men et har om vi min havde ham hun nu over da "
	    "fra du ud sin dem os op man hans hvor eller hvad skal selv her "
	    "alle vil blev kunne ind når være dog noget ville jo deres "
	    "efter ned skulle denne end dette mit også under have dig "
	    "anden hende mine alt meget sit sine vor mod disse hvis din "
	    "nogle hos blive mange ad bliver hendes været thi jer sådan" },
	[LANGUAGE_FINNISH] = { "finnish",
	    "olla olen olet on olemme olette ovat ole oli olivat ollut ei "
	    "en et emme ette eivät minä sinä hän me te he minun sinun "
	    "hänen meidän teidän heidän se sen sitä siinä siitä "
	    "siihen tämä tämän tätä tässä tästä nämä ne niiden "
	    "niitä joka jonka jota jossa josta johon jotka joiden mikä "
	    "mitä mihin kuka ketkä että ja jos koska kuin mutta niin "
	    "sekä tai vaan vai vaikka kanssa mukaan noin yli kun myös nyt "
	    "itse" },
	[LANGUAGE_HUNGARIAN] = { "hungarian",
	    "a az és hogy nem is egy de ha meg csak mint már még vagy ez "
	    "ezt azt aki ami amely amelyek ezek azok volt van vannak voltak "
	    "lesz lett lenne kell lehet ki mi hol mikor miért hogyan én "
	    "te ő mi ti ők engem neki nekem benne sem se úgy így itt "
	    "ott után előtt alatt között által szerint majd minden "
	    "nagyon igen pedig illetve valamint azonban mert" },
	[LANGUAGE_ROMANIAN] = { "romanian",
	    "și si în la de pe cu din pentru prin despre între un o unei "
	    "unui al ale ai a este e sunt era erau fi fost am ai are au "
	    "avea avut eu tu el ea noi voi ei ele mă te se îl îi le lui "
	    "lor meu mea său sa sau dar că să nu mai care ce cine când "
	    "unde cum acest această aceste acestea acel acea toate tot "
	    "după până fără ca" },
	[LANGUAGE_TURKISH] = { "turkish",
	    "ve veya ile bir bu şu o da de ki mi mı mu mü için gibi "
	    "kadar ama fakat çünkü eğer ise ne neden nasıl nerede kim "
	    "hangi ben sen biz siz onlar bunu bunun onun olarak olan oldu "
	    "olduğu olduğunu var yok değil daha çok en her hiç şey "
	    "sonra önce göre tarafından" },
	[LANGUAGE_RUSSIAN] = { "russian",
	    "и в во не что он на я с со как а то "
	    "все она так его но да ты к у же вы "
	    "за бы по только ее мне было вот от "
	    "меня еще ещё нет о из ему теперь "
	    "когда даже ну ли если уже или ни "
	    "быть был него до вас нибудь уж вам "
	    "сказал ведь там потом себя ничего "
	    "ей может они тут где есть надо ней "
	    "для мы тебя их чем была сам чтоб "
	    "без будто чего раз тоже себе под "
	    "будет ж тогда кто этот того потому "
	    "этого какой ним здесь этом один "
	    "почти мой тем чтобы нее были куда "
	    "зачем всех можно при об хоть после "
	    "над больше тот через эти нас про "
	    "них какая много разве эту моя свою "
	    "этой перед иногда лучше чуть том "
	    "такой им более всегда это" },
	[LANGUAGE_GREEK] = { "greek",
	    "ο η το οι τα του της των τον την στο "
	    "στη στην στον στα στις και να "
	    "είναι ήταν με σε για από που πως τι "
	    "δεν θα ένα μια ένας αν αλλά ή κατά "
	    "μετά πριν ως αυτό αυτή αυτός εγώ "
	    "εσύ" },
};

static struct language_word	language_table[TABLE_SIZE];
static pthread_once_t		language_once = PTHREAD_ONCE_INIT;

/* A counter over a text. */
struct language_count {
	const char	*text;
	size_t		 words, cyrillic, greek, other;
	size_t		 stops[LANGUAGE_COUNT];
};

static uint64_t
language_hash(const char *word, size_t len)
{
	uint64_t	hash = 0xcbf29ce484222325u;
	size_t		i;

	for (i = 0; i < len; i++) {
		hash ^= (unsigned char)word[i];
		hash *= 0x100000001b3u;
	}

	return (hash == 0 ? 1 : hash);
}

static struct language_word *
language_slot(uint64_t hash)
{
	size_t	at = (size_t)(hash ^ (hash >> 32)) & (TABLE_SIZE - 1);

	while (language_table[at].hash != 0 && language_table[at].hash != hash)
		at = (at + 1) & (TABLE_SIZE - 1);

	return (&language_table[at]);
}

static void
language_fill(void)
{
	struct language_word	*slot;
	const char		*word;
	char			 folded[WORD_MAX];
	size_t			 len;
	int			 i;

	for (i = 0; i < LANGUAGE_COUNT; i++) {
		for (word = languages[i].words; *word != '\0'; word += len) {
			word += strspn(word, " ");
			len = strcspn(word, " ");
			slot = language_slot(language_hash(folded,
			    analyze_fold(word, len, folded, sizeof(folded))));
			slot->hash = language_hash(folded,
			    analyze_fold(word, len, folded, sizeof(folded)));
			slot->languages |= UINT32_C(1) << i;
		}
	}
}

const char *
language_stemmer(enum language language)
{
	return (languages[language].stemmer);
}

uint32_t
language_stops(const char *word, size_t len)
{
	(void)pthread_once(&language_once, language_fill);

	return (language_slot(language_hash(word, len))->languages);
}

/* One word of the text. */
static void
language_word(struct language_count *count, size_t start, size_t end)
{
	char		folded[WORD_MAX];
	uint32_t	stops, c;
	int		i;

	count->words++;
	(void)utf8_decode(count->text, end, start, &c);
	if (c >= 0x400 && c < 0x530)
		count->cyrillic++;
	else if (c >= 0x370 && c < 0x400)
		count->greek++;
	else if (c >= 0x80)
		count->other++;
	stops = language_stops(folded, analyze_fold(count->text + start,
	    end - start, folded, sizeof(folded)));
	for (i = 1; stops != 0 && i < LANGUAGE_COUNT; i++)
		count->stops[i] += stops >> i & 1;
}

enum language
language_detect(const char *text, size_t len, uint32_t mask)
{
	struct language_count	count;
	enum language		best = LANGUAGE_SIMPLE;
	size_t			at = 0, start;
	int			i;

	memset(&count, 0, sizeof(count));
	count.text = text;
	while (at < len && count.words < DETECT_WORDS) {
		/* Bytes above ASCII are letters for this. */
		while (at < len && strchr(" \t\r\n\v\f!\"#$%&'()*+,-./:;<=>?@"
		    "[\\]^_`{|}~", text[at]) != NULL)
			at++;
		start = at;
		while (at < len && strchr(" \t\r\n\v\f!\"#$%&'()*+,-./:;<=>?@"
		    "[\\]^_`{|}~", text[at]) == NULL)
			at++;
		if (at > start)
			language_word(&count, start, at);
	}
	for (i = 1; i < LANGUAGE_COUNT; i++) {
		if ((mask == 0 || (mask >> i & 1)) && count.stops[i] > 0 &&
		    count.stops[i] > count.stops[best])
			best = (enum language)i;
	}
	if (count.stops[best] > 0 &&
	    count.stops[best] * DETECT_SHARE >= count.words)
		return (best);
	if (count.cyrillic * 2 > count.words)
		best = LANGUAGE_RUSSIAN;
	else if (count.greek * 2 > count.words)
		best = LANGUAGE_GREEK;
	else
		best = count.other * 4 <= count.words ? LANGUAGE_ENGLISH :
		    LANGUAGE_SIMPLE;

	return (mask == 0 || (mask >> best & 1) ? best : LANGUAGE_SIMPLE);
}
