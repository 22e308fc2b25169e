package dynamo

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/sender"
)

// fill gives a value and all that is below it something else than the zero value, so that a field that is new, and not written, is
// noticed. Lists get so many entries, and texts so many bytes.
func fill(v reflect.Value, n *int64, many, long int) {
	*n++
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(time.UnixMilli(1_772_000_000_000 + *n).UTC()))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n, many, long)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n, many, long)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), many, many))
		for i := range many {
			fill(v.Index(i), n, many, long)
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), n, many, long)
		}
	case reflect.String:
		v.SetString(strings.Repeat(string(rune('a'+*n%26)), long))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int:
		v.SetInt(*n)
	case reflect.Uint8, reflect.Uint16:
		v.SetUint(uint64(1 + *n%200))
	}
}

// filled is a value without a field that is zero.
func filled[T any](many, long int) *T {
	x := new(T)
	n := int64(0)
	fill(reflect.ValueOf(x).Elem(), &n, many, long)
	return x
}

// claimOf is a claim as it is stored, without what is joined to it.
func claimOf(many, long int) *sender.Claim {
	c := filled[sender.Claim](many, long)
	c.Identity, c.Tree = sender.Identity{}, sender.Tree{}
	return c
}

func TestEverythingOfASenderDomainIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	for _, c := range []*sender.Claim{claimOf(3, 8), {Sender: sender.Sender{Domain: "x.dev"}},
		{Own: &sender.OwnServer{}, Untold: &sender.Change{}}} {
		got, err := readClaim(&reader{item: item(writeClaim(c, c.Version))})
		if d := cmp.Diff(c, got); err != nil || d != "" {
			t.Error(err, d)
		}
	}
	for _, s := range []*sender.Settings{filled[sender.Settings](3, 8), {}} {
		got, err := readSenderSettings(&reader{item: item(writeSenderSettings(s, s.Version))})
		if d := cmp.Diff(s, got); err != nil || d != "" {
			t.Error(err, d)
		}
	}
	for _, x := range []*sender.Identity{filled[sender.Identity](3, 8), {Domain: "mail.agency.dev"}} {
		got, err := readIdentity(&reader{item: item(writeIdentity(x, x.Version))})
		if d := cmp.Diff(*x, got); err != nil || d != "" {
			t.Error(err, d)
		}
	}
	for _, x := range []*sender.Tree{filled[sender.Tree](3, 8), {Top: "agency.dev"}} {
		got, err := readTree(&reader{item: item(writeTree(x, x.Version))})
		if d := cmp.Diff(*x, got); err != nil || d != "" {
			t.Error(err, d)
		}
	}
}

func TestAForeignValueOfASenderDomainIsAnError(t *testing.T) {
	t.Parallel()
	foreign := &types.AttributeValueMemberBOOL{Value: true}
	spoil := func(what string, w writer, unread string, read func(*reader) error) {
		for name := range w {
			i := item{}
			for k, v := range w {
				i[k] = v
			}
			i[name] = foreign
			if err := read(&reader{item: i}); (err == nil) != strings.Contains(unread, " "+name+" ") {
				t.Errorf("a foreign %s of %s: %v", name, what, err)
			}
		}
		// And whatever is in its maps, and in the maps of its lists.
		for name, v := range w {
			m, ok := v.(*types.AttributeValueMemberM)
			if l, is := v.(*types.AttributeValueMemberL); is {
				m, ok = l.Value[0].(*types.AttributeValueMemberM)
			}
			if !ok {
				continue
			}
			for in, was := range m.Value {
				m.Value[in] = foreign
				if err := read(&reader{item: item(w)}); err == nil {
					t.Errorf("a foreign %s.%s of %s is no error", name, in, what)
				}
				m.Value[in] = was
			}
		}
	}
	c := claimOf(2, 8)
	spoil("a claim", writeClaim(c, 1), " name dp due ", func(r *reader) error { _, err := readClaim(r); return err })
	s := filled[sender.Settings](2, 8)
	spoil("settings", writeSenderSettings(s, 1), " sk dp due ", func(r *reader) error { _, err := readSenderSettings(r); return err })
	i := filled[sender.Identity](2, 8)
	spoil("an identity", writeIdentity(i, 1), " pk ", func(r *reader) error { _, err := readIdentity(r); return err })
	x := filled[sender.Tree](2, 8)
	spoil("a tree", writeTree(x, 1), " sk ", func(r *reader) error { _, err := readTree(r); return err })
}

// A domain's zone is somebody's who may write anything into it. What is stored of a domain is a part of what an item takes, 400 KB,
// when all that is bounded is at its bound.
func TestTheLargestSenderDomainFitsIntoAnItem(t *testing.T) {
	t.Parallel()
	c := claimOf(sender.MaxRecordsLinks, 600)
	c.NameServers, c.Report.NameServers = *filled[[]string](1000, 253), *filled[[]string](1000, 253)
	c.Report.Verdicts = c.Report.Verdicts[:10] // two proofs, three keys, three of the bounce name, DMARC, and one to spare
	for i := range c.Report.Verdicts {         // five values of 600 bytes, and sentences about them
		v := &c.Report.Verdicts[i]
		v.Found, v.Why, v.Do = strings.Repeat("f", 3100), strings.Repeat("w", 3500), strings.Repeat("d", 3500)
	}
	if n := size(&types.AttributeValueMemberM{Value: writeClaim(c, 1)}); n > 256_000 {
		t.Errorf("%d bytes", n)
	}
	s := filled[sender.Settings](2*sender.MaxClaims, email.MaxLength)
	if n := size(&types.AttributeValueMemberM{Value: writeSenderSettings(s, 1)}); n > 16_000 {
		t.Errorf("%d bytes", n)
	}
	x := filled[sender.Tree](sender.MaxHolds, sender.MaxLength)
	if n := size(&types.AttributeValueMemberM{Value: writeTree(x, 1)}); n > 64_000 {
		t.Errorf("%d bytes", n)
	}
}

// size is about what DynamoDB counts.
func size(v types.AttributeValue) int {
	n := 3
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		n += len(v.Value)
	case *types.AttributeValueMemberB:
		n += len(v.Value)
	case *types.AttributeValueMemberN:
		n += 21
	case *types.AttributeValueMemberL:
		for _, e := range v.Value {
			n += size(e)
		}
	case *types.AttributeValueMemberM:
		for name, e := range v.Value {
			n += len(name) + size(e)
		}
	}
	return n
}
