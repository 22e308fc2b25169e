package lifecycle

import (
	"fmt"
	"hash/crc32"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/id"
)

// More things stay overdue than one run looks after, because what they need fails each time: a mail whose message was lost goes out
// all the same.
func TestX29WhatStaysOverdueIsInNobodysWay(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		shard := func(s string) uint32 { return crc32.ChecksumIEEE([]byte(s)) % uint32(w.table.Shards()) }
		gone := id.New[id.Agency](id.AgencyPrefix, time.Now())
		at := strconv.FormatInt(time.Now().UnixMilli(), 10)
		text := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
		for n := range 600 { // notices of an agency that is not there
			_, err := w.db.PutItem(w.ctx, &dynamodb.PutItemInput{TableName: aws.String(stage + "-table"),
				Item: map[string]types.AttributeValue{
					"pk": text(string(gone)), "sk": text(fmt.Sprintf("nt#%04d", n)), "kind": text("payment_received"),
					"dp": text(fmt.Sprint("due#", shard(string(gone)))), "due": &types.AttributeValueMemberN{Value: at}}})
			must(t, err)
		}
		to := ""
		for n := 0; to == ""; n++ {
			if a := fmt.Sprintf("c%d@acme.example", n); shard(string(id.RefOf(o.id, email.Address(a)))) == shard(string(gone)) {
				to = a
			}
		}
		w.inviter.Queue = idle{}
		_, err := o.send(to)
		must(t, err)
		for range 4 {
			w.skip(time.Minute)
			w.sweep.Run(w.ctx) //nolint:errcheck // the notices fail
			w.deliver()
		}
		equal(w, "mails", len(w.engine.SES.Mails(to)), 1)
	})
}
