package api

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/sheet"
	"latchkey.dev/shared/usecase/activity"
	"latchkey.dev/shared/usecase/signin"
)

// partyKind is what a party is.
type partyKind activity.Kind

// Schema is the type in the document.
func (partyKind) Schema(huma.Registry) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString}
	for _, k := range activity.Kinds() {
		s.Enum = append(s.Enum, string(k))
	}
	return s
}

// PartyBody is who did something, or what it was done to.
type PartyBody struct {
	ID   string    `json:"id" doc:"An ID, or system, operator or invitee." example:"mb_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	Kind partyKind `json:"kind"`
	Name string    `json:"name,omitempty" doc:"Its name today. Left out if it is gone." example:"Nora Lindqvist"`
}

// EventBody is one row of the activity log.
type EventBody struct {
	ID      string    `json:"id" example:"evt_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	At      Time      `json:"at"`
	Actor   PartyBody `json:"actor"`
	Action  string    `json:"action" example:"invite.created"`
	Subject PartyBody `json:"subject"`
	Detail  string    `json:"detail,omitempty" doc:"IDs and words about the change." example:"ins_01JZ8Y5W3RN6T0V4K2M9QXBDCE read"`
}

func eventBody(e activity.Event) EventBody {
	party := func(p activity.Party) PartyBody { return PartyBody{p.ID, partyKind(p.Kind), p.Name} }
	return EventBody{string(e.ID), Time(e.At), party(e.Actor), string(e.Action), party(e.Subject), e.Detail}
}

// ActivityFilter says which rows are asked for.
type ActivityFilter struct {
	Actor   string `query:"actor" maxLength:"40" doc:"Who did it: ID, system, operator or invitee." example:"mb_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	Action  string `query:"action" maxLength:"60" doc:"Only this action, or this family of them." example:"invite"`
	Subject string `query:"subject" maxLength:"40" doc:"Only events about this ID or its invites." example:"cl_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	From    string `query:"from" maxLength:"40" doc:"Not before this time, RFC 3339 or a day." example:"2026-03-01"`
	To      string `query:"to" maxLength:"40" doc:"Before this time, or to the end of this day." example:"2026-03-31"`
	Cursor  string `query:"cursor" doc:"nextCursor from the previous page."`
}

func (f ActivityFilter) query(limit int) (activity.Query, error) {
	q := activity.Query{Limit: limit, Filter: activity.Filter{Actor: f.Actor, Action: f.Action, Subject: f.Subject}}
	var err error
	if q.From, err = activity.Moment("from", f.From, false); err != nil {
		return q, err
	}
	if q.To, err = activity.Moment("to", f.To, true); err != nil {
		return q, err
	}
	after, err := Paging{Cursor: f.Cursor}.after(id.EventPrefix)
	q.After = id.Event(after)
	return q, err
}

type listActivityInput struct {
	ActivityFilter
	Limit int `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type activityOutput struct {
	Body struct {
		Items      []EventBody `json:"items"`
		NextCursor *string     `json:"nextCursor" doc:"null at the end. A page can be short of its limit and still have one."`
	}
}

// ListActivity reads the audit log.
func ListActivity(auth *signin.Authenticator, log *activity.Log) Operation {
	return operation(auth, described{
		id: "listActivity", method: http.MethodGet, who: identity.ByPortal(identity.ActivityRead, identity.Oversee),
		tag: tagActivity, status: 200,
		summary:     "List activity",
		description: "Every change at your agency, newest first. The log stores IDs. Names are added as they are today.",
		codes:       []fault.Code{fault.Invalid},
	}, func(ctx context.Context, caller identity.Caller, in *listActivityInput) (*activityOutput, error) {
		q, err := in.query(in.Limit)
		if err != nil {
			return nil, err
		}
		page, err := log.List(ctx, caller, q)
		if err != nil {
			return nil, err
		}
		out := &activityOutput{}
		out.Body.Items, out.Body.NextCursor = []EventBody{}, cursor(page.Next)
		for _, e := range page.Events {
			out.Body.Items = append(out.Body.Items, eventBody(e))
		}
		return out, nil
	})
}

type exportActivityInput struct {
	ActivityFilter
	Format string `query:"format" enum:"csv,jsonl" default:"csv" doc:"csv (RFC 4180), or jsonl: one JSON object per line."`
}

type activityFile struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Link        string `header:"Link" doc:"The next file, with rel=next (RFC 8288). Left out at the end."`
	Body        []byte
}

// ExportActivity gives the audit log as a file.
func ExportActivity(auth *signin.Authenticator, log *activity.Log) Operation {
	return operation(auth, described{
		id: "exportActivity", method: http.MethodGet, who: identity.ByPortal(identity.ActivityRead, identity.Oversee),
		tag: tagActivity, status: 200,
		summary: "Export activity",
		description: "The rows of listActivity as a file of up to 2,000 rows. CSV starts with a byte order mark, so that Excel " +
			"reads it. The Link header with rel=next leads to the next file.",
		gives: []string{"text/csv", "application/jsonl"},
		codes: []fault.Code{fault.Invalid},
	}, func(ctx context.Context, caller identity.Caller, in *exportActivityInput) (*activityFile, error) {
		q, err := in.query(activity.MaxExport)
		if err != nil {
			return nil, err
		}
		page, err := log.List(ctx, caller, q)
		if err != nil {
			return nil, err
		}
		out := &activityFile{ContentType: sheet.ContentType}
		if in.Format == "jsonl" {
			out.ContentType = "application/jsonl; charset=utf-8"
			out.Body, err = jsonLines(page.Events)
		} else {
			out.Body, err = csvFile(page.Events)
		}
		if err != nil {
			return nil, err
		}
		out.Disposition = `attachment; filename="activity-` + auth.Now().UTC().Format(time.DateOnly) + "." + in.Format + `"`
		if next := cursor(page.Next); next != nil {
			v := url.Values{"format": {in.Format}, "cursor": {*next}}
			for name, value := range map[string]string{"actor": in.Actor, "action": in.Action, "subject": in.Subject, "from": in.From,
				"to": in.To} {
				if value != "" {
					v.Set(name, value)
				}
			}
			out.Link = nextFile("/v1/activity/export", v)
		}
		return out, nil
	})
}

// nextFile is the header that leads to the next file.
func nextFile(path string, query url.Values) string {
	return "<" + path + "?" + query.Encode() + `>; rel="next"`
}

func jsonLines(events []activity.Event) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	for _, e := range events {
		if err := enc.Encode(eventBody(e)); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

// csvFile is a CSV file of events.
func csvFile(events []activity.Event) ([]byte, error) {
	rows := [][]string{{"id", "at", "actor", "actorKind", "actorName", "action", "subject", "subjectKind", "subjectName", "detail"}}
	for _, e := range events {
		rows = append(rows, []string{string(e.ID), e.At.UTC().Format(timeForm),
			e.Actor.ID, string(e.Actor.Kind), e.Actor.Name, string(e.Action),
			e.Subject.ID, string(e.Subject.Kind), e.Subject.Name, e.Detail})
	}
	return sheet.Write(rows)
}
