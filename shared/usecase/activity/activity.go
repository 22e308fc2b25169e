// Package activity tells what was done at an agency, when and by whom: its audit log, in which names are put in the place
// of ids when somebody looks, and never when something is written down.
package activity

import (
	"context"
	"strings"
	"time"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
)

// Store reads the log.
type Store interface {
	// Log reads rows, newest first, from behind the cursor on: one read of at most Examine rows, of which those that match
	// are returned, and the cursor of the next read, "" at the end.
	Log(ctx context.Context, agency id.Agency, q Query) ([]audit.Entry, id.Event, error)
	// Names gives the present names of what the ids stand for; what is gone is left out.
	Names(ctx context.Context, agency id.Agency, ids []string) (map[string]string, error)
}

// Filter says which rows are asked for; zero values ask for all.
type Filter struct {
	Actor   string    // an id, or one of the actors that have none
	Action  string    // an action, or a family of them: "invite"
	Subject string    // an id; for a client also what was done about its invites
	From    time.Time // not before
	To      time.Time // before
}

// Query asks for a page.
type Query struct {
	Filter
	Limit   int
	After   id.Event // the last one of the page before; "" for the first page
	Examine int      // how many rows a read looks at
}

// How far one request looks: reads of so many rows each; see clients.Directory.
const (
	reads   = 8
	examine = 500
)

// MaxExport is how many rows one file holds: with the longest ones a file stays well below what a function may answer.
const MaxExport = 2000

// Log answers an agency's questions about what was done.
type Log struct {
	Store Store
}

// Party is an actor or a subject.
type Party struct {
	ID   string
	Kind Kind
	Name string // as it is now; "" for what is gone
}

// Kind says what a party is.
type Kind string

// The kinds.
const (
	Member   Kind = "member"
	Key      Kind = "api_key"
	Client   Kind = "client"
	Invite   Kind = "invite"
	Instance Kind = "instance"
	Service  Kind = "service"
	Agency   Kind = "agency"

	SenderDomain Kind = "sender_domain"
	Contact      Kind = "contact"
	Role         Kind = "role"
	ShareLink    Kind = "share_link"
	Endpoint     Kind = "webhook_endpoint"

	System   Kind = "system"
	Operator Kind = "operator"
	Invitee  Kind = "invitee"
	Other    Kind = "other"
)

// Kinds lists them, in the order in which the document has them.
func Kinds() []Kind {
	return []Kind{Member, Key, Client, Invite, Instance, Service, SenderDomain, Contact, Role, ShareLink, Endpoint, Agency, System,
		Operator, Invitee, Other}
}

var prefixes = []struct {
	prefix string
	kind   Kind
}{{id.MemberPrefix, Member}, {id.KeyPrefix, Key}, {id.ClientPrefix, Client}, {id.InvitePrefix, Invite},
	{id.InstancePrefix, Instance}, {id.ServicePrefix, Service}, {id.AgencyPrefix, Agency},
	{id.DomainPrefix, SenderDomain}, {id.ContactPrefix, Contact}, {id.RolePrefix, Role},
	{id.LinkPrefix, ShareLink}, {id.EndpointPrefix, Endpoint}}

// KindOf reads the kind from an id.
func KindOf(s string) Kind {
	switch s {
	case audit.System:
		return System
	case audit.Operator:
		return Operator
	case audit.Invitee:
		return Invitee
	}
	for _, p := range prefixes {
		if id.Valid(p.prefix, s) {
			return p.kind
		}
	}
	return Other
}

// Event is a row with names.
type Event struct {
	audit.Entry
	Actor   Party
	Subject Party
	Names   map[string]string // of the ids that stand in the detail
}

// Page is a page of the log.
type Page struct {
	Events []Event
	Next   id.Event // "" at the end
}

// List reads a page of the log, newest first, in a bounded number of reads: it may come short of its limit, with a cursor
// to go on from. Faults: [fault.Invalid] for a time that cannot be.
func (l *Log) List(ctx context.Context, caller identity.Caller, q Query) (Page, error) {
	var page Page
	if err := caller.MayPortal(identity.ActivityRead, identity.Oversee); err != nil {
		return page, err
	}
	if !q.From.IsZero() && !q.To.IsZero() && !q.From.Before(q.To) {
		return page, fault.InField("to", "errors.choose_an_end_that_comes_after")
	}
	var rows []audit.Entry
	q.Examine = examine
	if q.Filter == (Filter{From: q.From, To: q.To}) { // every row matches
		q.Examine = q.Limit
	}
	for range reads {
		some, next, err := l.Store.Log(ctx, caller.Agency, q)
		if err != nil {
			return page, err
		}
		if room := q.Limit - len(rows); len(some) > room {
			some = some[:room]
			next = some[room-1].ID
		}
		rows = append(rows, some...)
		page.Next, q.After = next, next
		if next == "" || len(rows) == q.Limit {
			break
		}
	}
	names, err := l.names(ctx, caller.Agency, rows)
	if err != nil {
		return page, err
	}
	page.Events = make([]Event, len(rows))
	for i, r := range rows {
		party := func(s string) Party { return Party{s, KindOf(s), names[s]} }
		page.Events[i] = Event{Entry: r, Actor: party(r.Actor), Subject: party(r.Subject), Names: names}
	}
	return page, nil
}

// names asks once for all that the rows speak of.
func (l *Log) names(ctx context.Context, agency id.Agency, rows []audit.Entry) (map[string]string, error) {
	seen := map[string]bool{}
	var ids []string
	add := func(s string) {
		switch KindOf(s) {
		case System, Operator, Invitee, Other:
			return
		}
		if !seen[s] {
			seen[s] = true
			ids = append(ids, s)
		}
	}
	for _, r := range rows {
		add(r.Actor)
		add(r.Subject)
		for word := range strings.FieldsSeq(r.Detail) {
			add(word)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return l.Store.Names(ctx, agency, ids)
}

// Moment reads a time of a filter: RFC 3339, in which T and Z may be small letters and a minute may end with a leap second (sections
// 5.6 and 5.7), or a day, which as an end means all of it.
func Moment(field, s string, end bool) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	at, leap := strings.ToUpper(s), time.Duration(0)
	if len(at) > 19 && at[13] == ':' && at[16:19] == ":60" {
		at, leap = at[:17]+"59"+at[19:], time.Second
	}
	if t, err := time.Parse(time.RFC3339, at); err == nil && t.Year() > 0 && t.Year() <= 9999 {
		return t.Add(leap).UTC(), nil
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 1970 || t.Year() > 9999 {
		return time.Time{}, fault.InField(field, "errors.write_a_day_as_2026_03")
	}
	if end {
		t = t.AddDate(0, 0, 1)
	}
	return t, nil
}
