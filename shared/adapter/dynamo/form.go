package dynamo

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/usecase/signin"
)

const formPrefix = "form#"

// Forms is what keeping forms needs that wait for a step-up, and knowing by what people can prove again to be who they are.
type Forms struct{ t *Table }

// NewForms makes Forms of the table.
func NewForms(t *Table) Forms { return Forms{t} }

var _ signin.FormStore = Forms{}

// KeepForm writes a sealed form of a person.
func (f Forms) KeepForm(ctx context.Context, user id.User, which, sealed string, until time.Time) error {
	w := writer(key(userPrefix+string(user), formPrefix+which))
	w["sealed"], w["expires"], w["ttl"] = str(sealed), at(until), ttlOf(until)
	_, err := f.t.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: &f.t.name, Item: w})
	return outside(err)
}

// Form reads one, and until when it is kept.
func (f Forms) Form(ctx context.Context, user id.User, which string) (string, time.Time, error) {
	r, err := f.t.get(ctx, userPrefix+string(user), formPrefix+which, true, "errors.form_over")
	if err != nil {
		return "", time.Time{}, err
	}
	return r.s("sealed"), r.time("expires"), r.err
}

// DropForm deletes one, if it is there.
func (f Forms) DropForm(ctx context.Context, user id.User, which string) error {
	_, err := f.t.db.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &f.t.name, Key: key(userPrefix+string(user), formPrefix+which)})
	return outside(err)
}

// Links reads the accounts at providers that sign the person in, as they are now.
func (f Forms) Links(ctx context.Context, user id.User) (*identity.Links, error) {
	return f.t.links(ctx, user)
}

// PasskeyCount is how many passkeys the person has.
func (f Forms) PasskeyCount(ctx context.Context, user id.User) (int, error) {
	return f.t.passkeyCount(ctx, user)
}

// Allow counts one use under the name in the window that now is in, and returns how long to wait when it was used too
// often.
func (f Forms) Allow(ctx context.Context, name string, most int, window time.Duration, now time.Time) (time.Duration, error) {
	return f.t.allow(ctx, name, most, window, now)
}
