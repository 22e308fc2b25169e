package dynamo

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/allowance"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/domain/sharelink"
	"latchkey.dev/shared/usecase/sharing"
)

// ShareLinks is what looking after links needs.
type ShareLinks struct{ t *Table }

// NewShareLinks makes ShareLinks of the table.
func NewShareLinks(t *Table) ShareLinks { return ShareLinks{t} }

var _ sharing.LinkStore = ShareLinks{}

// Link reads one link as it is now.
func (s ShareLinks) Link(ctx context.Context, which id.Agency, link id.ShareLink) (*sharelink.Link, error) {
	return s.t.shareLink(ctx, which, link)
}

// Scene reads, as it is now, all that a decision needs.
func (s ShareLinks) Scene(ctx context.Context, which id.Agency, q sharing.Query) (*sharing.Scene, error) {
	return s.t.scene(ctx, which, q)
}

// Agency reads the agency as it is now.
func (s ShareLinks) Agency(ctx context.Context, which id.Agency) (*agency.Agency, error) {
	return s.t.agency(ctx, which)
}

// People lists the agency's members as they are now.
func (s ShareLinks) People(ctx context.Context, which id.Agency) (agency.Members, error) {
	return s.t.people(ctx, which)
}

// Links lists all links of the agency as they are now, newest first.
func (s ShareLinks) Links(ctx context.Context, which id.Agency) ([]sharelink.Link, error) {
	return s.t.shareLinks(ctx, which)
}

// Roles lists all roles of the agency.
func (s ShareLinks) Roles(ctx context.Context, which id.Agency) ([]role.Role, error) {
	return s.t.roles(ctx, which)
}

// Names gives the present names of clients; what is gone is left out.
func (s ShareLinks) Names(ctx context.Context, which id.Agency, ids []string) (map[string]string, error) {
	return s.t.names(ctx, which, ids)
}

// SaveLink writes a change, while the agency and the link are those that were read.
func (s ShareLinks) SaveLink(ctx context.Context, c sharing.Change) error {
	return s.t.saveLink(ctx, c)
}

// Joins is what joining by a link needs.
type Joins struct{ t *Table }

// NewJoins makes Joins of the table.
func NewJoins(t *Table) Joins { return Joins{t} }

var _ sharing.JoinStore = Joins{}

// Link reads one link as it is now.
func (j Joins) Link(ctx context.Context, which id.Agency, link id.ShareLink) (*sharelink.Link, error) {
	return j.t.shareLink(ctx, which, link)
}

// Scene reads, as it is now, all that a decision needs.
func (j Joins) Scene(ctx context.Context, which id.Agency, q sharing.Query) (*sharing.Scene, error) {
	return j.t.scene(ctx, which, q)
}

// Commit writes a change and all that goes with it in one transaction, or nothing and conflict.ErrChanged.
func (j Joins) Commit(ctx context.Context, which id.Agency, change client.Change) error {
	return j.t.commit(ctx, which, change)
}

// Waiting counts the requests of the agency that wait.
func (j Joins) Waiting(ctx context.Context, which id.Agency) (int, error) {
	all, err := j.t.joinRequests(ctx, which)
	return len(all), err
}

// Ask writes a request in one transaction, or nothing and conflict.ErrChanged.
func (j Joins) Ask(ctx context.Context, a sharing.Asking) error {
	return j.t.askToJoin(ctx, a)
}

// Allow counts one use under the name in the window that now is in, and returns how long to wait when it was used too
// often.
func (j Joins) Allow(ctx context.Context, name string, most int, window time.Duration, now time.Time) (time.Duration, error) {
	return j.t.allow(ctx, name, most, window, now)
}

// JoinRequests is what deciding on who asks to join needs.
type JoinRequests struct{ t *Table }

// NewJoinRequests makes JoinRequests of the table.
func NewJoinRequests(t *Table) JoinRequests { return JoinRequests{t} }

var _ sharing.RequestStore = JoinRequests{}

// Link reads one link as it is now.
func (j JoinRequests) Link(ctx context.Context, which id.Agency, link id.ShareLink) (*sharelink.Link, error) {
	return j.t.shareLink(ctx, which, link)
}

// Scene reads, as it is now, all that a decision needs.
func (j JoinRequests) Scene(ctx context.Context, which id.Agency, q sharing.Query) (*sharing.Scene, error) {
	return j.t.scene(ctx, which, q)
}

// Agency reads the agency as it is now.
func (j JoinRequests) Agency(ctx context.Context, which id.Agency) (*agency.Agency, error) {
	return j.t.agency(ctx, which)
}

// Requests lists the agency's requests that wait, oldest first.
func (j JoinRequests) Requests(ctx context.Context, which id.Agency) ([]sharelink.Request, error) {
	return j.t.joinRequests(ctx, which)
}

// Request reads one request as it is now.
func (j JoinRequests) Request(ctx context.Context, which id.Agency, at id.Ref) (*sharelink.Request, error) {
	return j.t.joinRequest(ctx, which, at)
}

// Commit writes a change and all that goes with it in one transaction, or nothing and conflict.ErrChanged.
func (j JoinRequests) Commit(ctx context.Context, which id.Agency, change client.Change) error {
	return j.t.commit(ctx, which, change)
}

// Mails reads the logs of mails that were caused, as they are now.
func (j JoinRequests) Mails(ctx context.Context, keys []allowance.Key) ([]allowance.Log, error) {
	return j.t.mails(ctx, keys)
}

// Refuse writes that a request was refused in one transaction, or nothing and conflict.ErrChanged.
func (j JoinRequests) Refuse(ctx context.Context, r sharing.Refusal) error {
	return j.t.refuseToJoin(ctx, r)
}
