package dynamo

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/sender"
)

// What became of the mails from a domain is counted in items "mh#<claim>#<day>#<shard>" of the agency's partition. Each day has
// several of them: many invites go out at the same moment, and two transactions on one item are in each other's way.
const healthShards = 8

// mailed is the write that counts one mail more.
func (t *Table) mailed(agency id.Agency, c *client.Count) types.TransactWriteItem {
	day := c.At.UTC().Truncate(24 * time.Hour)
	sk := healthPrefix + string(c.Domain) + "#" + day.Format(time.DateOnly) + "#" +
		strconv.Itoa(rand.IntN(healthShards)) //nolint:gosec // it spreads the writes, and guards nothing
	names, add := map[string]string{"#ttl": "ttl"}, make([]string, len(c.Fates))
	for n, fate := range c.Fates {
		name := "#f" + strconv.Itoa(n)
		names[name], add[n] = string(fate), name+" :one"
	}
	return types.TransactWriteItem{Update: &types.Update{TableName: &t.name, Key: key(string(agency), sk),
		UpdateExpression:         aws.String("ADD " + strings.Join(add, ", ") + " SET #ttl = :ttl"),
		ExpressionAttributeNames: names,
		ExpressionAttributeValues: item{":one": num(1),
			":ttl": ttlOf(day.AddDate(0, 0, sender.HealthDays+1))}}}
}
