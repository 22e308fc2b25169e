// Package role holds what an agency opens to its external users: the catalogue of all that can be given, roles and their rules, and
// the one function that computes what a person may see and do, with the reason for each entry.
package role

import (
	"fmt"
	"slices"

	"latchkey.dev/shared/domain/words"
)

// Module is a part of the portal that roles open.
type Module string

// The modules. What automations run has none: those follow grants and payment alone.
const (
	Contact   Module = "contact"
	Tasks     Module = "tasks"
	Projects  Module = "projects"
	Knowledge Module = "knowledge"
	Estimates Module = "estimates"
	Invoices  Module = "invoices"
	Chat      Module = "chat"
)

// Kind is one of the four lists that a module has.
type Kind string

// The kinds, in the order in which they are shown.
const (
	Fields    Kind = "fields"
	Relations Kind = "relations"
	Actions   Kind = "actions"
	Notices   Kind = "notices"
)

// Kinds lists them.
func Kinds() []Kind { return []Kind{Fields, Relations, Actions, Notices} }

// Entry is one thing that a rule gives.
type Entry struct {
	Key string

	title   string   // its key among the words
	implies []string // the fields that an action shows, since nobody could do it without seeing them
	preset  bool     // the preset role "Client" has it
	hidden  bool     // it comes with an action alone, and is not in the list to choose from
	later   bool     // nothing in the product does it yet: it is in no list to choose from, and no rule gives it
}

// Title is what people read of it.
func (e Entry) Title() string { return say(e.title) }

// fixed tells whether no rule can name the entry.
func (e Entry) fixed() bool { return e.hidden || e.later }

// Part is a module as the catalogue has it.
type Part struct {
	Module Module
	// Exists is false for a module whose content comes later. No role gives anything of it yet, and no page shows it.
	Exists bool

	title string
	lists map[Kind][]Entry
}

// Title is what people read of it.
func (p *Part) Title() string { return say(p.title) }

// List is what can be chosen of a kind, in the order in which it is shown.
func (p *Part) List(k Kind) []Entry {
	return slices.DeleteFunc(slices.Clone(p.lists[k]), Entry.fixed)
}

// Action is the action of the key; false when the module has none.
func (p *Part) Action(key string) (Entry, bool) { return p.find(Actions, key) }

func (p *Part) find(k Kind, key string) (Entry, bool) {
	i := slices.IndexFunc(p.lists[k], func(e Entry) bool { return e.Key == key })
	if i < 0 {
		return Entry{}, false
	}
	return p.lists[k][i], true
}

// position is where the entry stands in its list.
func (p *Part) position(k Kind, key string) int {
	return slices.IndexFunc(p.lists[k], func(e Entry) bool { return e.Key == key })
}

// Find is the module's part of the catalogue; nil where there is none.
func (m Module) Find() *Part {
	for i := range catalogue {
		if catalogue[i].Module == m {
			return &catalogue[i]
		}
	}
	return nil
}

// Exists tells whether the portal has the module today.
func (m Module) Exists() bool {
	p := m.Find()
	return p != nil && p.Exists
}

// Catalogue lists all modules, those that come later too, in the order in which they are shown.
func Catalogue() []*Part {
	out := make([]*Part, len(catalogue))
	for i := range catalogue {
		out[i] = &catalogue[i]
	}
	return out
}

// Open lists the modules that the portal has today.
func Open() []*Part {
	return slices.DeleteFunc(Catalogue(), func(p *Part) bool { return !p.Exists })
}

func say(key string) string {
	s, err := words.Fill(key, func(v any) string { return fmt.Sprint(v) })
	if err != nil {
		return key
	}
	return s
}

// The catalogue. The id and the title of a thing are always shown to whoever has anything of its module.
var catalogue = []Part{
	{Contact, true, "rights.contact", map[Kind][]Entry{
		Fields: {on("name", "rights.name"), on("email", "rights.email"), on("phone", "rights.phone"), on("company", "rights.company"),
			off("address", "rights.address"), off("tax_id", "rights.tax_id"), off("custom_text", "rights.custom_text")},
		Relations: {off("company", "rights.company_card"), off("responsible", "rights.responsible")},
		Actions:   {off("edit", "rights.edit")},
		Notices:   {later("responsible_changed", "rights.responsible_changed")},
	}},
	{Tasks, false, "rights.tasks", map[Kind][]Entry{
		Fields: {on("description", "rights.description"), on("stage", "rights.stage"), on("due", "rights.due"),
			on("priority", "rights.priority"), off("start", "rights.start"), off("checklist", "rights.checklist"),
			off("comments", "rights.comments"), off("files", "rights.files")},
		Relations: {on("assignee", "rights.assignee"), off("owner", "rights.owner"), on("project", "rights.project"),
			off("creator", "rights.creator")},
		Actions: {on("comment", "rights.comment", "comments"), on("create", "rights.create", "title", "stage"),
			off("attach", "rights.attach"), off("done", "rights.done"), off("move", "rights.move", "stage"), off("tick", "rights.tick")},
		Notices: {on("created", "rights.task_created"), on("stage_changed", "rights.stage_changed"),
			on("commented", "rights.commented"), on("due_changed", "rights.due_changed")},
	}},
	{Projects, false, "rights.projects", map[Kind][]Entry{
		Fields: {on("description", "rights.description"), on("stage", "rights.stage"), on("start", "rights.start"), on("due", "rights.due"),
			on("progress", "rights.progress"), off("comments", "rights.comments"), off("files", "rights.files")},
		Relations: {on("owner", "rights.owner"), off("members", "rights.members"), on("tasks", "rights.tasks"),
			on("invoices", "rights.invoices"), on("estimates", "rights.estimates")},
		Actions: {on("comment", "rights.comment", "comments"), off("attach", "rights.attach")},
		Notices: {on("stage_changed", "rights.stage_changed"), on("commented", "rights.commented"), off("finished", "rights.finished")},
	}},
	{Knowledge, false, "rights.knowledge", map[Kind][]Entry{
		Fields: {on("body", "rights.body"), on("updated", "rights.updated"), off("versions", "rights.versions"),
			off("files", "rights.files"), implied("comments", "rights.comments")},
		Actions: {off("comment", "rights.comment", "comments"), off("rate", "rights.rate")},
		Notices: {off("published", "rights.published"), off("changed", "rights.article_changed")},
	}},
	{Estimates, false, "rights.estimates", map[Kind][]Entry{
		Fields: {on("number", "rights.number"), on("date", "rights.date"), on("lines", "rights.lines"), on("totals", "rights.totals"),
			on("valid_until", "rights.valid_until"), on("terms", "rights.terms"), on("versions", "rights.versions"),
			off("discount", "rights.discount"), off("files", "rights.files"), implied("comments", "rights.comments")},
		Relations: {off("project", "rights.project"), off("invoice", "rights.invoice_of_it"), off("responsible", "rights.responsible")},
		Actions: {on("accept", "rights.accept", "lines", "totals", "terms"), on("decline", "rights.decline"), on("ask", "rights.ask"),
			off("convert", "rights.convert"), off("print", "rights.print"), off("comment", "rights.comment", "comments")},
		Notices: {on("sent", "rights.sent"), on("changed", "rights.changed"), on("expires_soon", "rights.expires_soon"),
			off("accepted", "rights.accepted")},
	}},
	{Invoices, false, "rights.invoices", map[Kind][]Entry{
		Fields: {on("number", "rights.number"), on("date", "rights.date"), on("due", "rights.due"), on("lines", "rights.lines"),
			on("totals", "rights.totals"), on("balance", "rights.balance"), on("payments", "rights.payments"), off("files", "rights.files"),
			implied("comments", "rights.comments")},
		Relations: {off("estimate", "rights.estimate"), off("project", "rights.project"), off("responsible", "rights.responsible")},
		Actions: {on("pay", "rights.pay", "number", "totals", "due", "balance"),
			off("pay_part", "rights.pay_part", "number", "totals", "due", "balance"), on("print", "rights.print"),
			off("comment", "rights.comment", "comments")},
		Notices: {on("sent", "rights.sent"), on("due_soon", "rights.due_soon"), on("overdue", "rights.overdue"), on("paid", "rights.paid"),
			on("refunded", "rights.refunded")},
	}},
	{Chat, false, "rights.chat", map[Kind][]Entry{
		Actions: {on("read", "rights.read"), on("write", "rights.write"), on("attach", "rights.attach")},
		Notices: {on("away", "rights.away")},
	}},
}

func on(key, title string, implies ...string) Entry {
	return Entry{Key: key, title: title, implies: implies, preset: true}
}

func off(key, title string, implies ...string) Entry {
	return Entry{Key: key, title: title, implies: implies}
}

// later is what nothing in the product does yet.
func later(key, title string) Entry { return Entry{Key: key, title: title, later: true} }

// implied is what comes with an action alone.
func implied(key, title string) Entry { return Entry{Key: key, title: title, hidden: true} }
