/*
 * Denials, by words: something of documents, a negation and a word of saying,
 * all in one language. Deliberately missing: understanding. A model is asked
 * to mark such a sentence with [0]; this is for those that forget it.
 */
#include <string.h>
#include <strings.h>

#include "denial.h"

#define DENIAL_MAX	500	/* bytes; longer texts say more than that */

/* Words by language, each list apart by bars. */
static const struct {
	const char	*about, *no, *say;
} denials[] = {
	/* English */
	{
		.about = "document|passage|context|source|the text|provided|"
		    "material",
		.no = " not |n't |n’t | no |cannot|unable|nothing",
		.say = "say|mention|contain|provide|answer|state|specif|"
		    "include|tell|information|cover|find"
	},
	/* German */
	{
		.about = "dokument|passage|textstelle|unterlagen|quelle|"
		    "kontext|abschnitt|auszüge",
		.no = "nicht|kein|nichts",
		.say = "sag|erwähn|enthalt|enthält|angab|angegeben|"
		    "beantwort|nenn|hervor|information|finde|steht"
	},
	/* French */
	{
		.about = "document|passage|contexte|source|extrait|texte",
		.no = " ne | n'| n’|aucun| pas ",
		.say = "dit|dis|mention|contien|précis|répond|indiqu|"
		    "information|trouv|fourni"
	},
	/* Spanish */
	{
		.about = "documento|pasaje|contexto|fuente|fragmento|texto",
		.no = "no |ningun|ningún|nada",
		.say = "dice|mencion|contien|especific|respond|indica|"
		    "información|encuentr|proporcion"
	},
	/* Italian, Portuguese */
	{
		.about = "document|passagg|passag|contest|context|font|"
		    "trecho|testo|texto",
		.no = "non |não |nessun|nenhum|nulla|nada",
		.say = "dic|diz|menzion|mencion|conten|contén|contêm|"
		    "rispond|respond|indica|informa|specific"
	},
	/* Dutch */
	{
		.about = "document|passage|context|bron|tekst",
		.no = "niet|geen|niets",
		.say = "zegg|vermeld|genoemd|bevat|antwoord|informatie|staat|"
		    "vind"
	},
	/* Swedish, Norwegian, Danish */
	{
		.about = "dokument|passage|kontext|kilde|källa|utdrag|text|"
		    "tekst",
		.no = "inte|ikke|ingen|inga|intet",
		.say = "säg|sier|siger|nämn|nevn|nævn|innehåll|innehold|"
		    "indehold|svar|information|framgår"
	},
	/* Russian */
	{
		.about = "документ|отрыв|контекст|"
		    "источник|текст",
		.no = " не |нет |Нет |ничего",
		.say = "говор|упомина|содерж|указан|"
		    "ответ|информац|сказан|сведени"
	},
	/* Turkish */
	{
		.about = "belge|pasaj|bağlam|kaynak|metin",
		.no = "yok|değil|miyor|mıyor|muyor|memekte|mamakta",
		.say = "bilgi|söyle|bahse|içer|yanıt|cevap|belirt"
	},
	/* Japanese, Chinese */
	{
		.about = "文書|文章|資料|文档|文件|段落|原文|"
		    "ドキュメント",
		.no = "ない|ません|没有|沒有|未|无|無",
		.say = "記載|書か|答え|言及|情報|提到|说明|"
		    "說明|信息|回答|提及|資訊"
	}
};

static int
denial_has(const char *text, size_t len, const char *words)
{
	size_t	n, at;

	for (; *words != '\0'; words += n + (words[n] == '|')) {
		n = strcspn(words, "|");
		for (at = 0; at + n <= len; at++)
			if (strncasecmp(text + at, words, n) == 0)
				return (1);
	}

	return (0);
}

int
denial_is(const char *text, size_t len)
{
	size_t	i;

	if (len > DENIAL_MAX)
		return (0);
	for (i = 0; i < sizeof(denials) / sizeof(denials[0]); i++)
		if (denial_has(text, len, denials[i].about) &&
		    denial_has(text, len, denials[i].no) &&
		    denial_has(text, len, denials[i].say))
			return (1);

	return (0);
}
