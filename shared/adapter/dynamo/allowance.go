package dynamo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/allowance"
)

const (
	mailsPrefix = limitPrefix + "mails#"
	mailsItem   = "mails"
)

// mailsKey is where the log of mails is kept. Whom it is about stands there as a hash.
func mailsKey(k allowance.Key) (pk, sk string) {
	h := sha256.Sum256([]byte(k.Who))
	return mailsPrefix + string(k.Scope) + "#" + hex.EncodeToString(h[:12]), mailsItem
}

// mails reads the logs of mails that were caused, as they are now. One that is not there is left out.
func (t *Table) mails(ctx context.Context, keys []allowance.Key) ([]allowance.Log, error) {
	var ask []item
	of := map[string]allowance.Key{}
	for _, k := range keys {
		pk, sk := mailsKey(k)
		of[pk] = k
		ask = append(ask, key(pk, sk))
	}
	items, err := t.getAll(ctx, ask)
	if err != nil {
		return nil, err
	}
	var out []allowance.Log
	for _, i := range items {
		r := &reader{item: i}
		l, err := readMails(r, of[r.s("pk")])
		if err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return out, nil
}

func readMails(r *reader, k allowance.Key) (allowance.Log, error) {
	l := allowance.Log{Key: k, Version: int(r.n("v"))}
	for _, v := range r.list("uses") {
		s, ok := v.(*types.AttributeValueMemberS)
		if !ok {
			r.wrong("uses")
			break
		}
		kind, at, _ := strings.Cut(s.Value, " ")
		ms, err := strconv.ParseInt(at, 10, 64)
		if err != nil {
			r.wrong("uses")
			break
		}
		l.Uses = append(l.Uses, allowance.Use{Kind: allowance.Kind(kind), At: time.UnixMilli(ms).UTC()})
	}
	return l, r.err
}

// countedMails writes logs of mails, each while the stored version is the one that was read.
func (t *Table) countedMails(logs []allowance.Log) []types.TransactWriteItem {
	out := make([]types.TransactWriteItem, 0, len(logs))
	for _, l := range logs {
		w := writer(key(mailsKey(l.Key)))
		w["v"] = num(int64(l.Version) + 1)
		uses := make([]types.AttributeValue, len(l.Uses))
		for n, u := range l.Uses {
			uses[n] = str(fmt.Sprintf("%s %d", u.Kind, u.At.UnixMilli()))
		}
		w["uses"], w["ttl"] = list(uses), ttlOf(t.now().Add(2*allowance.Day))
		condition, values := versioned(l.Version)
		out = append(out, t.put(w, condition, values))
	}
	return out
}

// countMails writes logs of mails by themselves.
func (t *Table) countMails(ctx context.Context, logs []allowance.Log) error {
	if len(logs) == 0 {
		return nil
	}
	return t.transact(ctx, t.countedMails(logs))
}
