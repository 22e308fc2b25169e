package dynamo

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/invite"
)

// An item below waitingPrefix says that an agency has invited an address, so that whoever has proven the address finds the
// invitation without its link. It is written with each mail of an invite, and only points: the relationship says how the
// invitation stands. It is apart from the person's own items, since nobody is a person here by being invited, holds a hash in
// the place of the address, and goes when the invite would have run out.
const waitingPrefix = "wait#"

func writeWaiting(c *client.Client) writer {
	w := writer(key(waitingPrefix+string(id.UserOf(c.Email)), placePrefix+string(c.Agency)))
	until := c.Invite.ExpiresAt
	if until.IsZero() { // its mail is not out yet
		until = c.Invite.CreatedAt.Add(invite.Lifetime)
	}
	w["ttl"] = ttlOf(until.Add(24 * time.Hour))
	return w
}

// waiting lists at most so many agencies that have invited the person's address.
func (t *Table) waiting(ctx context.Context, user id.User, most int) ([]id.Agency, error) {
	res, err := t.db.Query(ctx, &dynamodb.QueryInput{TableName: &t.name, ScanIndexForward: aws.Bool(false),
		ConsistentRead:            aws.Bool(true),
		Limit:                     aws.Int32(int32(most)), //nolint:gosec // a small constant
		KeyConditionExpression:    aws.String("pk = :p"),
		ExpressionAttributeValues: item{":p": str(waitingPrefix + string(user))}})
	if err != nil {
		return nil, outside(err)
	}
	var out []id.Agency
	for _, i := range res.Items {
		r := &reader{item: i}
		out = append(out, id.Agency(strings.TrimPrefix(r.s("sk"), placePrefix)))
		if r.err != nil {
			return nil, r.err
		}
	}
	return out, nil
}
