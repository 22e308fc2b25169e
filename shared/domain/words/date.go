package words

import (
	"strconv"
	"strings"
	"time"
)

// calendar is how a language names days and months, as dates have them (Unicode CLDR 48, dates: wide, in the form that stands in a date),
// and how it puts a date together.
type calendar struct {
	months   [12]string
	weekdays [7]string // Sunday first
	date     string    // {d}, {m} and {y}
	weekday  string    // {w}, {d} and {m}
	first    string    // how the first of a month is numbered; "" for 1
}

func (l Language) calendar() *calendar {
	switch l {
	case German:
		return &german
	case French:
		return &french
	case Spanish:
		return &spanish
	case Italian:
		return &italian
	case Dutch:
		return &dutch
	case Portuguese:
		return &portuguese
	case Polish:
		return &polish
	case Hebrew:
		return &hebrew
	}
	return &english
}

var (
	english = calendar{[12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
		"November", "December"},
		[7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
		"{d} {m} {y}", "{w} {d} {m}", ""}
	german = calendar{[12]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober",
		"November", "Dezember"},
		[7]string{"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"},
		"{d}. {m} {y}", "{w}, {d}. {m}", ""}
	french = calendar{[12]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
		"novembre", "décembre"},
		[7]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"},
		"{d} {m} {y}", "{w} {d} {m}", "1er"}
	spanish = calendar{[12]string{"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre",
		"noviembre", "diciembre"},
		[7]string{"domingo", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado"},
		"{d} de {m} de {y}", "{w}, {d} de {m}", ""}
	italian = calendar{[12]string{"gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre",
		"ottobre", "novembre", "dicembre"},
		[7]string{"domenica", "lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato"},
		"{d} {m} {y}", "{w} {d} {m}", ""}
	dutch = calendar{[12]string{"januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober",
		"november", "december"},
		[7]string{"zondag", "maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag"},
		"{d} {m} {y}", "{w} {d} {m}", ""}
	portuguese = calendar{[12]string{"janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro",
		"outubro", "novembro", "dezembro"},
		[7]string{"domingo", "segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "sábado"},
		"{d} de {m} de {y}", "{w}, {d} de {m}", ""}
	polish = calendar{[12]string{"stycznia", "lutego", "marca", "kwietnia", "maja", "czerwca", "lipca", "sierpnia", "września",
		"października", "listopada", "grudnia"},
		[7]string{"niedziela", "poniedziałek", "wtorek", "środa", "czwartek", "piątek", "sobota"},
		"{d} {m} {y}", "{w}, {d} {m}", ""}
	hebrew = calendar{[12]string{"ינואר", "פברואר", "מרץ", "אפריל", "מאי", "יוני", "יולי", "אוגוסט", "ספטמבר", "אוקטובר", "נובמבר",
		"דצמבר"},
		[7]string{"יום ראשון", "יום שני", "יום שלישי", "יום רביעי", "יום חמישי", "יום שישי", "יום שבת"},
		"{d} ב{m} {y}", "{w}, {d} ב{m}", ""}
)

func (c *calendar) put(form string, t time.Time) string {
	day := strconv.Itoa(t.Day())
	if t.Day() == 1 && c.first != "" {
		day = c.first
	}
	return strings.NewReplacer("{d}", day, "{m}", c.months[t.Month()-1], "{y}", strconv.Itoa(t.Year()),
		"{w}", c.weekdays[t.Weekday()]).Replace(form)
}

// Date is how the language writes a day, in the zone of t: "8 December 2026".
func (l Language) Date(t time.Time) string {
	c := l.calendar()
	return c.put(c.date, t)
}

// Clock is how the language writes a time of day, in the zone of t: "18:00". All nine count to 24 in writing.
func (l Language) Clock(t time.Time) string { return t.Format("15:04") }

// Moment is how the language writes a day with its time and the zone: "8 December 2026, 18:00 CET".
func (l Language) Moment(t time.Time) string { return l.Date(t) + ", " + t.Format("15:04 MST") }

// Second is Moment to the second: "8 December 2026, 18:00:09 CET".
func (l Language) Second(t time.Time) string { return l.Date(t) + ", " + t.Format("15:04:05 MST") }

// Date is a day in the zone of its time, as a value of a sentence.
type Date time.Time

// In is [Language.Date].
func (d Date) In(l Language) string { return l.Date(time.Time(d)) }

// String is the day in English.
func (d Date) String() string { return d.In(English) }

// Moment is a day with its time and zone, as a value of a sentence.
type Moment time.Time

// In is [Language.Moment].
func (m Moment) In(l Language) string { return l.Moment(time.Time(m)) }

// String is the moment in English.
func (m Moment) String() string { return m.In(English) }

// Phrase is a sentence that stands in another as a value, such as "3 days" in "Try again in 3 days.".
type Phrase struct {
	key    string
	values []any
}

// PhraseOf is the phrase of a key with its values, as [Say] takes them.
func PhraseOf(key string, values ...any) Phrase { return Phrase{key, values} }

// Says tells whether it is a phrase at all: the zero value says nothing.
func (p Phrase) Says() bool { return p.key != "" }

// In is the phrase in the language.
func (p Phrase) In(l Language) string {
	if !p.Says() {
		return ""
	}
	return l.Say(p.key, p.values...)
}

// String is the phrase in English; "" for one that says nothing.
func (p Phrase) String() string { return p.In(English) }
