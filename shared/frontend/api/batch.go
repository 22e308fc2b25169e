package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"latchkey.dev/shared/domain/batch"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/sheet"
	"latchkey.dev/shared/usecase/imports"
	"latchkey.dev/shared/usecase/signin"
)

// InviteeBody is one person to invite.
type InviteeBody struct {
	Email   string   `json:"email" doc:"The address, or \"Acme Ltd <ops@acme.example>\"." example:"ops@acme.example"`
	Name    string   `json:"name,omitempty" doc:"The client's name." example:"Acme Ltd"`
	Roles   []string `json:"roles,omitempty" doc:"IDs of roles, up to 10."`
	Contact string   `json:"contact,omitempty" doc:"The contact whose client this will be." example:"con_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`

	Language string `json:"language,omitempty" doc:"As in sendInvite." example:"de"`
}

// LineVerdict is what became of a line.
type LineVerdict string

// Schema says which verdicts there are. They are too many for a tag of the field.
func (LineVerdict) Schema(huma.Registry) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString}
	for _, k := range batch.Kinds() {
		s.Enum = append(s.Enum, string(k))
	}
	return s
}

// AnswerBody is a line and what became of it.
type AnswerBody struct {
	Line        int         `json:"line" doc:"The line's number, or the file's row." example:"1"`
	Email       string      `json:"email" example:"ops@acme.example"`
	Name        string      `json:"name,omitempty" example:"Acme Ltd"`
	Roles       []string    `json:"roles" nullable:"false"`
	Contact     string      `json:"contact,omitempty"`
	Language    string      `json:"language,omitempty" example:"de"`
	Verdict     LineVerdict `json:"verdict" doc:"What became of it, see above." example:"created"`
	Reason      string      `json:"reason,omitempty" doc:"For a person." example:"Line 1 has the same address. It counts."`
	DuplicateOf int         `json:"duplicateOf,omitempty"`
	ClientID    string      `json:"clientId,omitempty" doc:"Who is in the way, or who was invited." example:"cl_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	InviteID    string      `json:"inviteId,omitempty" example:"in_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	Status      string      `json:"status,omitempty" doc:"How the invite stands now, as in getInvite." example:"sending"`
	SendAt      *Time       `json:"sendAt" doc:"About when it goes out. null if not scheduled."`
}

// BatchBody is a batch of invites.
type BatchBody struct {
	ID        string       `json:"id" example:"bat_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	State     string       `json:"state" enum:"working,done" doc:"working: we're still making some of the invites. Poll until done."`
	Outcome   string       `json:"outcome" enum:"all,some,none" doc:"How many lines became invites."`
	CreatedAt Time         `json:"createdAt"`
	DeletedAt Time         `json:"deletedAt" doc:"When the lines are deleted: 30 days after the last one goes out."`
	Lines     []AnswerBody `json:"lines" nullable:"false" doc:"In the order sent."`
}

func answerBody(e *batch.Entry) AnswerBody {
	b := AnswerBody{Line: e.Number, Email: e.Email, Name: e.Name, Roles: []string{}, Contact: string(e.Contact), Language: e.Language,
		Verdict: LineVerdict(e.Kind), Reason: e.Reason, DuplicateOf: e.Of, ClientID: string(e.Client), InviteID: string(e.Invite)}
	if e.Kind == batch.Scheduled {
		b.SendAt = orNull(e.At)
	}
	for _, r := range e.Roles {
		b.Roles = append(b.Roles, batch.Called(r))
	}
	return b
}

func batchBody(s *imports.Shown) BatchBody {
	b := BatchBody{ID: string(s.ID), State: string(s.State), Outcome: outcome(s.Entries), CreatedAt: Time(s.CreatedAt),
		DeletedAt: Time(s.Until), Lines: []AnswerBody{}}
	for i := range s.Entries {
		a := answerBody(&s.Entries[i])
		a.Status = string(s.States[i])
		b.Lines = append(b.Lines, a)
	}
	return b
}

func outcome(entries []batch.Entry) string {
	good := 0
	for i := range entries {
		if entries[i].Kind.Good() {
			good++
		}
	}
	switch good {
	case 0:
		return "none"
	case len(entries):
		return "all"
	}
	return "some"
}

type sendInvitesInput struct {
	Once
	Prefer string `header:"Prefer" doc:"wait=10 holds the answer until the emails are sent or refused, up to 10 seconds." example:"wait=10"`
	Body   struct {
		Lines []InviteeBody `json:"lines" nullable:"false" doc:"1 to 50. Lines without anything in them are left out."`
	}
}

func (in *sendInvitesInput) lines() []batch.Line {
	out := make([]batch.Line, len(in.Body.Lines))
	for n, l := range in.Body.Lines {
		out[n] = batch.Line{Number: n + 1, Email: l.Email, Name: l.Name, Contact: id.Contact(l.Contact), Language: l.Language}
		if l.Contact != "" {
			if _, err := id.ParseContact(l.Contact); err != nil {
				out[n].Contact, out[n].Problem = "", fault.As(err).Message
			}
		}
		for _, r := range l.Roles {
			which, err := id.ParseRole(r)
			if err != nil {
				out[n].Problem = fault.As(err).Message
				continue
			}
			out[n].Roles = append(out[n].Roles, which)
		}
	}
	return out
}

type createdBatchOutput struct {
	Location string `header:"Location"`
	Applied  string `header:"Preference-Applied"`
	Body     BatchBody
}

type batchOutput struct{ Body BatchBody }

// BatchRef names a batch in the path.
type BatchRef struct {
	BatchID string `path:"batchId" example:"bat_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
}

// SendInvites invites many.
func SendInvites(auth *signin.Authenticator, sender *imports.Sender, batches *imports.Batches) Operation {
	return operation(auth, described{
		id: "sendInvites", method: http.MethodPost, who: identity.ByPortal(identity.InvitesWrite, identity.Invite), tag: tagBatches,
		status: 201, summary: "Invite up to 50 people",
		description: "Every line gets a verdict of its own, in the order sent, and none stops the others: created (its invite is on its " +
			"way), scheduled (it goes out about sendAt), exists (already your client), pending (has an open invite), duplicate (of the " +
			"line duplicateOf), or invalid, role, refused, limit or failed, each with its reason. An agency sends ten invites an " +
			"hour: what exceeds them is scheduled, goes out by itself about sendAt, and can be cancelled until then. With an " +
			"Idempotency-Key a repeat answers what the first request did. Without one, lines that were sent answer pending.",
		codes: []fault.Code{fault.Invalid, fault.NotFound, fault.PlanRequired, fault.Suspended, fault.IdempotencyUsed, fault.RateLimited},
	}, func(ctx context.Context, caller identity.Caller, in *sendInvitesInput) (*createdBatchOutput, error) {
		r := of(ctx)
		b, err := sender.Send(ctx, caller, in.lines(), r.once)
		if err != nil {
			return nil, err
		}
		return createdBatch(ctx, batches, b)
	})
}

func createdBatch(ctx context.Context, batches *imports.Batches, b *batch.Batch) (*createdBatchOutput, error) {
	r := of(ctx)
	shown, err := batches.Await(ctx, b, r.wait)
	if err != nil {
		return nil, err
	}
	return &createdBatchOutput{"/v1/batches/" + string(b.ID), r.applied(), batchBody(shown)}, nil
}

// BatchRow is a batch in the list.
type BatchRow struct {
	ID        string         `json:"id" example:"bat_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	State     string         `json:"state" enum:"working,done"`
	By        string         `json:"by" doc:"The member on whose rights its invites rest." example:"mb_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	Verdicts  map[string]int `json:"verdicts" nullable:"false" doc:"How many lines got which verdict; those not made yet are scheduled."`
	CreatedAt Time           `json:"createdAt"`
	DeletedAt Time           `json:"deletedAt" doc:"When the lines are deleted: 30 days after the last one goes out."`
}

func batchRow(b *batch.Batch) BatchRow {
	row := BatchRow{ID: string(b.ID), State: string(b.State), By: string(b.By), Verdicts: map[string]int{}, CreatedAt: Time(b.CreatedAt),
		DeletedAt: Time(b.Until)}
	for k, n := range b.Counts {
		if k == "" {
			k = batch.Scheduled
		}
		row.Verdicts[string(k)] += n
	}
	return row
}

type listBatchesInput struct{ Paging }

type batchesOutput struct {
	Body struct {
		Items      []BatchRow `json:"items" nullable:"false"`
		NextCursor *string    `json:"nextCursor" doc:"null at the end. A page can be short of its limit and still have one."`
	}
}

// ListBatches lists batches.
func ListBatches(auth *signin.Authenticator, batches *imports.Batches) Operation {
	return operation(auth, described{
		id: "listBatches", method: http.MethodGet, who: identity.ByPortal(identity.InvitesRead, identity.See), tag: tagBatches,
		status: 200, summary: "List batches",
		description: "Newest first, with how many lines got which verdict when they were sent. getBatch has each line as it is now. " +
			"Employees see their own batches.",
		codes: []fault.Code{fault.Invalid, fault.NotFound},
	}, func(ctx context.Context, caller identity.Caller, in *listBatchesInput) (*batchesOutput, error) {
		after, err := in.after(id.BatchPrefix)
		if err != nil {
			return nil, err
		}
		found, next, err := batches.List(ctx, caller, imports.ListQuery{Limit: in.Limit, After: id.Batch(after)})
		if err != nil {
			return nil, err
		}
		out := &batchesOutput{}
		out.Body.Items, out.Body.NextCursor = []BatchRow{}, cursor(next)
		for i := range found {
			out.Body.Items = append(out.Body.Items, batchRow(&found[i]))
		}
		return out, nil
	})
}

// GetBatch reads a batch.
func GetBatch(auth *signin.Authenticator, batches *imports.Batches) Operation {
	return operation(auth, described{
		id: "getBatch", method: http.MethodGet, who: identity.ByPortal(identity.InvitesRead, identity.See), tag: tagBatches, status: 200,
		summary:     "Get a batch",
		description: "What became of each line by now. Kept until 30 days after the last one went out. Employees see their own batches.",
		codes:       []fault.Code{fault.NotFound},
	}, func(ctx context.Context, caller identity.Caller, in *BatchRef) (*batchOutput, error) {
		which, err := id.ParseBatch(in.BatchID)
		if err != nil {
			return nil, err
		}
		shown, err := batches.Get(ctx, caller, which)
		if err != nil {
			return nil, err
		}
		return &batchOutput{batchBody(shown)}, nil
	})
}

// CancelBatch cancels what of a batch waits for its time.
func CancelBatch(auth *signin.Authenticator, batches *imports.Batches) Operation {
	return operation(auth, described{
		id: "cancelBatch", method: http.MethodDelete, who: identity.ByPortal(identity.InvitesWrite, identity.Invite), tag: tagBatches,
		status: 200, summary: "Cancel what is scheduled",
		description: "Cancels the batch's invites that haven't gone out. Those that have are cancelled one by one with cancelInvite.",
		codes:       []fault.Code{fault.NotFound},
	}, func(ctx context.Context, caller identity.Caller, in *BatchRef) (*batchOutput, error) {
		which, err := id.ParseBatch(in.BatchID)
		if err != nil {
			return nil, err
		}
		shown, err := batches.Cancel(ctx, caller, which)
		if err != nil {
			return nil, err
		}
		return &batchOutput{batchBody(shown)}, nil
	})
}

type exportBatchInput struct {
	BatchRef
	Only string `query:"only" enum:"failed" doc:"failed: only lines that became no invite."`
}

type sheetFile struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

// ExportBatch gives the verdicts of a batch as a file.
func ExportBatch(auth *signin.Authenticator, batches *imports.Batches) Operation {
	return operation(auth, described{
		id: "exportBatch", method: http.MethodGet, who: identity.ByPortal(identity.InvitesRead, identity.See), tag: tagBatches,
		status: 200, summary: "Export a batch",
		description: "Its lines as CSV, with verdict and problem. It can be sent to previewImport again, which ignores those columns. " +
			"Cells that a spreadsheet would take for a formula begin with an apostrophe.",
		gives: []string{"text/csv"},
		codes: []fault.Code{fault.NotFound, fault.Invalid},
	}, func(ctx context.Context, caller identity.Caller, in *exportBatchInput) (*sheetFile, error) {
		which, err := id.ParseBatch(in.BatchID)
		if err != nil {
			return nil, err
		}
		shown, names, err := batches.Export(ctx, caller, which)
		if err != nil {
			return nil, err
		}
		file, err := imports.Sheet(shown.Entries, names, in.Only == "failed")
		if err != nil {
			return nil, err
		}
		return &sheetFile{ContentType: sheet.ContentType, Body: file,
			Disposition: `attachment; filename="invites-` + shown.CreatedAt.UTC().Format(time.DateOnly) + `.csv"`}, nil
	})
}

// CheckedBody is a dry run.
type CheckedBody struct {
	Hash      string       `json:"hash" doc:"What confirmImport takes."`
	ExpiresAt Time         `json:"expiresAt" doc:"Confirm before then."`
	Ready     int          `json:"ready" doc:"How many rows would become invites." example:"1"`
	Ignored   []string     `json:"ignoredColumns" nullable:"false" doc:"Columns that we don't know."`
	Money     []string     `json:"moneyRoles" nullable:"false" doc:"These show money and go to more than 10 people."`
	Rows      []AnswerBody `json:"rows" nullable:"false" doc:"sendAt is about when it would go out."`
}

func checkedBody(c *imports.Checked) CheckedBody {
	b := CheckedBody{Hash: c.Hash(), ExpiresAt: Time(c.Until), Ready: batch.Count(c.Entries)[batch.Ready],
		Ignored: append([]string{}, c.Unknown...), Money: append([]string{}, c.Money...), Rows: []AnswerBody{}}
	for i := range c.Entries {
		a := answerBody(&c.Entries[i])
		if at, ok := c.Times[i]; ok {
			a.SendAt = orNull(at)
		}
		b.Rows = append(b.Rows, a)
	}
	return b
}

type previewImportInput struct {
	RawBody []byte `contentType:"text/csv" takes:"text/csv" doc:"The file: columns email, name, roles (by name, with | between), contact."`
}

type checkedOutput struct{ Body CheckedBody }

// PreviewImport says what would become of the rows of a file.
func PreviewImport(auth *signin.Authenticator, files *imports.Checks) Operation {
	return operation(auth, described{
		id: "previewImport", method: http.MethodPost, who: identity.ByPortal(identity.InvitesWrite, identity.Invite), tag: tagBatches,
		status: 200, summary: "Check a file of people to invite",
		description: "Send a CSV file of up to 1,000 rows and 1 MB as the body: UTF-8 or UTF-16, with commas, semicolons or tabs. " +
			"Answers what would become of each row, and makes no invite. Kept for 24 hours: confirmImport sends the rows that are ready.",
		codes:   []fault.Code{fault.Invalid, fault.NotFound, fault.PlanRequired, fault.Suspended, fault.RateLimited, fault.TooLarge},
		maxBody: batch.MaxFile + 1024, // what is a little over is told in words
	}, func(ctx context.Context, caller identity.Caller, in *previewImportInput) (*checkedOutput, error) {
		c, err := files.Preview(ctx, caller, append([]byte{}, in.RawBody...))
		if err != nil {
			return nil, err
		}
		return &checkedOutput{checkedBody(c)}, nil
	})
}

type confirmImportInput struct {
	Body struct {
		Hash  string `json:"hash" doc:"Of previewImport." maxLength:"100"`
		Money bool   `json:"money,omitempty" doc:"Yes, the roles in moneyRoles go to all of them."`
	}
}

// ConfirmImport invites the rows of a dry run that are ready.
func ConfirmImport(auth *signin.Authenticator, files *imports.Files, batches *imports.Batches) Operation {
	return operation(auth, described{
		id: "confirmImport", method: http.MethodPost, who: identity.ByPortal(identity.InvitesWrite, identity.Invite), tag: tagBatches,
		status: 201, summary: "Send a checked file",
		description: "Sends the rows that are ready, and only those. If some would become something else by now, nothing is sent: the " +
			"answer is 409, errors names them, and existing has the hash of what is so now. Confirming again answers the same batch.",
		codes: []fault.Code{fault.Invalid, fault.NotFound, fault.ImportChanged, fault.PlanRequired, fault.Suspended},
	}, func(ctx context.Context, caller identity.Caller, in *confirmImportInput) (*createdBatchOutput, error) {
		b, _, err := files.Confirm(ctx, caller, in.Body.Hash, in.Body.Money)
		if err != nil {
			return nil, err
		}
		return createdBatch(ctx, batches, b)
	})
}
