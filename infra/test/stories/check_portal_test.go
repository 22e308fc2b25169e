package lifecycle

import (
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/client"
)

// number is a number of an item as it is stored; 0 where there is none.
func number(i item, name string) int64 {
	v, ok := i[name].(*types.AttributeValueMemberN)
	if !ok {
		return 0
	}
	n, err := strconv.ParseInt(v.Value, 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// ties holds what the agency's roles and contacts say of its clients against what these say themselves: a role's number is that of the
// clients that have it, and a contact and its client agree.
func (o *office) ties(all []*client.Client, say say) {
	users, cards := map[string]int64{}, map[string]string{}
	for _, c := range all {
		for _, r := range slices.Compact(slices.Sorted(slices.Values(c.Roles))) {
			users["rol#"+string(r)]++
		}
		for _, x := range c.Contacts {
			if other := cards["con#"+string(x)]; other != "" && other != string(c.ID) {
				say("%s is linked to %s and to %s", x, other, c.ID)
			}
			cards["con#"+string(x)] = string(c.ID)
		}
		if !c.Joined() && (len(c.Roles) > 0 || len(c.Rules) > 0 || len(c.Contacts) > 0 || !c.ExpiresAt.IsZero() || c.Source.Link != "") {
			say("%s has ended at %v, and has roles %v, rules %v, contacts %v, an end %v and the link %s still", c.ID, c.EndedAt, c.Roles,
				c.Rules, c.Contacts, c.ExpiresAt, c.Source.Link)
		}
	}
	for _, i := range o.w.of(string(o.id)) {
		switch sk := text(i, "sk"); {
		case strings.HasPrefix(sk, "rol#"):
			if n := number(i, "users"); n != users[sk] {
				say("%s says that %d have it, and %d do", sk, n, users[sk])
			}
			delete(users, sk)
		case strings.HasPrefix(sk, "con#"):
			if at := text(i, "client"); at != cards[sk] {
				say("%s is linked to %q, and says that it is to %q", sk, cards[sk], at)
			}
			delete(cards, sk)
		}
	}
	for sk, n := range users {
		say("%d have %s, which is not there", n, sk)
	}
	for sk, c := range cards {
		say("%s is linked with %s, which is not there", c, sk)
	}
}

func fields(s string) []string { return strings.Fields(s) }

func ids[T ~string](all []T) []string {
	out := make([]string, len(all))
	for n, x := range all {
		out[n] = string(x)
	}
	return out
}
