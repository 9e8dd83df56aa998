/*
 * The sentences. In a language that is none of these, and where a question is
 * too short to tell, it is English.
 */
#include "language.h"
#include "voice.h"

static const struct {
	const char	*no_answer, *passages;
} voices[LANGUAGE_COUNT] = {
	[LANGUAGE_ENGLISH] = {
		.no_answer = "The documents do not answer this question.",
		.passages = "These passages of the documents match the "
		    "question, word for word:"
	},
	[LANGUAGE_GERMAN] = {
		.no_answer = "Die Dokumente beantworten diese Frage nicht.",
		.passages = "Diese Stellen der Dokumente passen zur Frage, "
		    "wörtlich:"
	},
	[LANGUAGE_FRENCH] = {
		.no_answer = "Les documents ne répondent pas à cette "
		    "question.",
		.passages = "Voici, mot pour mot, les passages des documents "
		    "qui correspondent à la question :"
	},
	[LANGUAGE_SPANISH] = {
		.no_answer = "Los documentos no responden a esta pregunta.",
		.passages = "Estos pasajes de los documentos corresponden a "
		    "la pregunta, palabra por palabra:"
	},
	[LANGUAGE_ITALIAN] = {
		.no_answer = "I documenti non rispondono a questa domanda.",
		.passages = "Questi passaggi dei documenti corrispondono "
		    "alla domanda, parola per parola:"
	},
	[LANGUAGE_PORTUGUESE] = {
		.no_answer = "Os documentos não respondem a esta pergunta.",
		.passages = "Estas passagens dos documentos correspondem à "
		    "pergunta, palavra por palavra:"
	},
	[LANGUAGE_DUTCH] = {
		.no_answer = "De documenten beantwoorden deze vraag niet.",
		.passages = "Deze passages uit de documenten passen bij de "
		    "vraag, woord voor woord:"
	},
	[LANGUAGE_SWEDISH] = {
		.no_answer = "Dokumenten besvarar inte den här frågan.",
		.passages = "Dessa avsnitt i dokumenten passar till frågan, "
		    "ord för ord:"
	},
	[LANGUAGE_NORWEGIAN] = {
		.no_answer = "Dokumentene besvarer ikke dette spørsmålet.",
		.passages = "Disse avsnittene i dokumentene passer til "
		    "spørsmålet, ord for ord:"
	},
	[LANGUAGE_DANISH] = {
		.no_answer = "Dokumenterne besvarer ikke dette spørgsmål.",
		.passages = "Disse afsnit i dokumenterne passer til "
		    "spørgsmålet, ord for ord:"
	},
	[LANGUAGE_FINNISH] = {
		.no_answer = "Asiakirjat eivät vastaa tähän kysymykseen.",
		.passages = "Nämä asiakirjojen kohdat sopivat kysymykseen "
		    "sanasta sanaan:"
	},
	[LANGUAGE_HUNGARIAN] = {
		.no_answer = "A dokumentumok nem válaszolnak erre a "
		    "kérdésre.",
		.passages = "A dokumentumok alábbi részei illenek a "
		    "kérdéshez, szó szerint:"
	},
	[LANGUAGE_ROMANIAN] = {
		.no_answer = "Documentele nu răspund la această întrebare.",
		.passages = "Aceste pasaje din documente corespund "
		    "întrebării, cuvânt cu cuvânt:"
	},
	[LANGUAGE_TURKISH] = {
		.no_answer = "Belgeler bu soruyu yanıtlamıyor.",
		.passages = "Belgelerin şu bölümleri soruyla kelimesi "
		    "kelimesine eşleşiyor:"
	},
	[LANGUAGE_RUSSIAN] = {
		.no_answer = "В документах нет ответа "
		    "на этот вопрос.",
		.passages = "Эти места документов "
		    "подходят к вопросу, дословно:"
	},
	[LANGUAGE_GREEK] = {
		.no_answer = "Τα έγγραφα δεν απαντούν "
		    "σε αυτή την ερώτηση.",
		.passages = "Αυτά τα αποσπάσματα των "
		    "εγγράφων ταιριάζουν στην "
		    "ερώτηση, κατά λέξη:"
	}
};

static enum language
voice_language(const char *question, size_t len)
{
	enum language	language = language_detect(question, len, 0);

	return (language == LANGUAGE_SIMPLE ? LANGUAGE_ENGLISH : language);
}

const char *
voice_no_answer(const char *question, size_t len)
{
	return (voices[voice_language(question, len)].no_answer);
}

const char *
voice_passages(const char *question, size_t len)
{
	return (voices[voice_language(question, len)].passages);
}
