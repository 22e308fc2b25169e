package lifecycle

import (
	"context"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/infra/test/whole"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/conflict"
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

// unsettling is a table at which an agency's payment changes while what it has out is looked through, so many times.
type unsettling struct {
	*whole.Table
	times *int
}

func (u unsettling) Settled(ctx context.Context, a *agency.Agency) error {
	if *u.times > 0 {
		*u.times--
		return conflict.ErrChanged
	}
	return u.Table.Settled(ctx, a)
}

// What an agency has out may have to be looked through anew, because its payment changes at that moment: nobody is told twice.
func TestFM8HowAnAgencyStandsIsToldOnce(t *testing.T) {
	t.Parallel()
	times := 3
	inSuch(t, settings{between: func(table *whole.Table) store { return unsettling{table, &times} }}, func(w *world) {
		o := w.office("Northwind")
		must(t, w.table.Suspend(w.ctx, o.id, "it was reported", o.byOperator(audit.AgencySuspended)))
		w.pass(5 * time.Minute)
		told := 0
		for _, m := range w.engine.SES.Mails(string(o.owner.Email)) {
			if strings.Contains(m.Subject, "is suspended") {
				told++
			}
		}
		equal(w, "tries and mails", [2]int{times, told}, [2]int{0, 1})
		a, err := w.table.Agency(w.ctx, o.id)
		must(t, err)
		equal(w, "it is settled", [2]any{a.Unsettled.IsZero(), a.Told}, [2]any{true, agency.Suspended})
	})
}
