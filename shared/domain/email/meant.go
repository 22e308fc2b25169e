package email

import (
	"slices"
	"strings"
)

// host is a big mail host: the first label of its domains, and what follows it in them.
type host struct {
	name  string
	under []string
}

// hosts are those at which most people have their mail, the bigger ones first. What is typed nearly like one of them is more
// often a typing error than another domain.
var hosts = []host{
	{"gmail", []string{"com"}},
	{"yahoo", []string{"com", "ca", "cn", "co.id", "co.in", "co.jp", "co.kr", "co.uk", "co.za", "com.ar", "com.au", "com.br",
		"com.mx", "com.tr", "de", "es", "fr", "gr", "ie", "in", "it", "nl", "pl", "ro", "se"}},
	{"hotmail", []string{"com", "be", "ca", "ch", "co.jp", "co.uk", "com.ar", "com.au", "com.br", "com.tr", "de", "es", "fi", "fr",
		"it", "nl", "no", "se"}},
	{"outlook", []string{"com", "at", "be", "cl", "co.id", "com.au", "com.br", "com.tr", "cz", "de", "dk", "es", "fr", "hu",
		"ie", "in", "it", "jp", "kr", "pt", "sa", "sg"}},
	{"icloud", []string{"com"}},
	{"googlemail", []string{"com"}},
	{"protonmail", []string{"com", "ch"}},
	{"t-online", []string{"de"}},
	{"comcast", []string{"net"}},
	// Other names are too near to these: only their ends are looked at.
	{"aol", []string{"com", "de", "fr", "co.uk", "it"}},
	{"msn", []string{"com"}},
	{"gmx", []string{"de", "net", "at", "ch", "com", "us", "co.uk", "fr"}},
	{"fastmail", []string{"com", "fm"}},
}

// shortest is how long a host's name is at least that others are compared with: at three or four letters half of all names are
// near to each other.
const shortest = 5

// others are names as near to a host's as a typing error, under which other mail hosts and known firms are.
var others = []string{
	"mail", "email", "ymail", "xmail", "zmail", "imail", "amail", "hmail", "vmail", "tmail", "gail", "grail", "wahoo", "tahoo",
	"cloud", "clouds", "xcloud", "ecloud", "mcloud", "vcloud", "hostmail", "hotail", "outbook", "protomail",
}

// Meant is the address that was probably meant where this one looks like a typing error: a domain that is nearly a big mail
// host's, or an end that is nearly "com" and does not exist. It is "" where nothing looks so. It is a guess, to be asked about:
// people with an address in a domain of such a name are right, and the guess is wrong.
func (a Address) Meant() Address {
	domain := a.Domain()
	meant := meantDomain(domain)
	if meant == "" || meant == domain {
		return ""
	}
	m := Address(string(a[:len(a)-len(domain)]) + meant)
	if len(m) > MaxLength {
		return ""
	}
	return m
}

// meantDomain is the domain that was probably meant, which may be the same.
func meantDomain(domain string) string {
	if strings.Contains(domain, "xn--") { // what an A-label is near to, its name is not
		return ""
	}
	dot := strings.LastIndexByte(domain, '.')
	if end := domain[dot+1:]; nearlyCom(end) && !slices.Contains(nearCom, end) {
		domain = domain[:dot+1] + "com"
	}
	name, under, _ := strings.Cut(domain, ".")
	for _, h := range hosts {
		if name != h.name {
			continue
		}
		if slices.Contains(nearCom, under) && !slices.Contains(h.under, under) && h.under[0] == "com" {
			return name + ".com" // gmail.co and gmail.cm are typed for gmail.com, and hold no mail
		}
		return domain
	}
	if slices.Contains(others, name) {
		return domain
	}
	best, nearest := "", 3
	for _, h := range hosts {
		if len(h.name) < shortest {
			continue
		}
		u := under
		if slices.Contains(nearCom, u) && !slices.Contains(h.under, u) {
			u = "com"
		}
		if d := apart(name, h.name); d < nearest && slices.Contains(h.under, u) && typedFor(name, h.name, d) {
			best, nearest = h.name+"."+u, d
		}
	}
	if best != "" {
		return best
	}
	return domain
}

// typedFor tells whether a name at distance d may be an error in typing the host's. One slip may be anywhere. Of two the first
// and the last letter are none, and no more than one is missing in a short name: what is further off is a name of its own.
func typedFor(name, host string, d int) bool {
	if d < 2 {
		return d == 1
	}
	ends := name[0] == host[0] && name[len(name)-1] == host[len(host)-1]
	return d == 2 && ends && (len(host) >= 7 || len(host)-len(name) < 2)
}

// nearCom are the ends that are nearly "com" and exist (IANA, root zone database).
var nearCom = []string{"co", "cm", "om", "cam", "bom"}

func nearlyCom(end string) bool { return apart(end, "com") == 1 }

// apart is how many letters have to be put in, left out, put in the place of others, or swapped with their neighbour to make one
// word of the other (Damerau and Levenshtein's distance, in which no letter is moved twice); 3 for 3 and more.
func apart(x, y string) int {
	const far = 3
	if len(x) > len(y)+2 || len(y) > len(x)+2 {
		return far
	}
	before, last, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range row {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		for j := 1; j <= len(y); j++ {
			change := 1
			if x[i-1] == y[j-1] {
				change = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+change)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return min(last[len(y)], far)
}
