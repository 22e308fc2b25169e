package dynamodb

import (
	"math/big"
	"strconv"
	"strings"
)

// decimal is a number as DynamoDB keeps it: exact, up to 38 significant digits, magnitude from 1E-130 to
// 9.9999999999999999999999999999999999999E+125. Its value is 0.digits × 10^exp; digits has neither leading nor trailing
// zeros and is empty for zero.
//
// Source: Amazon DynamoDB Developer Guide, "Supported data types and naming rules", Number.
type decimal struct {
	neg    bool
	digits string
	exp    int
}

const (
	maxDigits = 38
	maxExp    = 126  // 9.99E+125 is 0.999 × 10^126
	minExp    = -129 // 1E-130 is 0.1 × 10^-129
)

// parseDecimal reads a number as a client may write it.
func parseDecimal(s string) (decimal, *failure) {
	var d decimal
	bad := func() (decimal, *failure) {
		if s == "" {
			return d, invalid("The parameter cannot be converted to a numeric value")
		}
		return d, invalid("The parameter cannot be converted to a numeric value: %s", s)
	}
	rest := s
	if rest != "" && (rest[0] == '-' || rest[0] == '+') {
		d.neg = rest[0] == '-'
		rest = rest[1:]
	}
	mantissa, power := rest, 0
	if at := strings.IndexAny(rest, "eE"); at >= 0 {
		mantissa = rest[:at]
		n, err := strconv.Atoi(rest[at+1:])
		if err != nil {
			return bad()
		}
		power = max(min(n, 1<<30), -1<<30)
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	if whole == "" && fraction == "" || !allDigits(whole) || !allDigits(fraction) {
		return bad()
	}
	d.digits = whole
	if fraction != "" {
		d.digits += fraction
	}
	d.exp = len(whole) + power
	d = d.trimmed()
	return d, d.check()
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

func (d decimal) trimmed() decimal {
	kept := strings.TrimLeft(d.digits, "0")
	d.exp -= len(d.digits) - len(kept)
	d.digits = strings.TrimRight(kept, "0")
	if d.digits == "" {
		return decimal{}
	}
	return d
}

func (d decimal) check() *failure {
	switch {
	case len(d.digits) > maxDigits:
		return invalid("Attempting to store more than 38 significant digits in a Number")
	case d.digits == "":
		return nil
	case d.exp > maxExp:
		return invalid("Number overflow. Attempting to store a number with magnitude larger than supported range")
	case d.exp < minExp:
		return invalid("Number underflow. Attempting to store a number with magnitude smaller than supported range")
	}
	return nil
}

// canonical reports whether s is already written as String would write it, for the usual case of a short whole number.
func canonical(s string) bool {
	if len(s) == 0 || len(s) > 18 || !allDigits(s) {
		return false
	}
	return s[0] != '0' || len(s) == 1
}

// String is the number in plain notation, as DynamoDB answers it.
func (d decimal) String() string {
	if d.digits == "" {
		return "0"
	}
	b := make([]byte, 0, len(d.digits)+8)
	if d.neg {
		b = append(b, '-')
	}
	switch {
	case d.exp <= 0:
		b = append(b, "0."...)
		b = append(b, strings.Repeat("0", -d.exp)...)
		b = append(b, d.digits...)
	case d.exp >= len(d.digits):
		b = append(b, d.digits...)
		b = append(b, strings.Repeat("0", d.exp-len(d.digits))...)
	default:
		b = append(b, d.digits[:d.exp]...)
		b = append(b, '.')
		b = append(b, d.digits[d.exp:]...)
	}
	return string(b)
}

func (d decimal) sign() int {
	switch {
	case d.digits == "":
		return 0
	case d.neg:
		return -1
	}
	return 1
}

func (d decimal) compare(o decimal) int {
	s := d.sign()
	if by := s - o.sign(); by != 0 || s == 0 {
		return by
	}
	by := d.exp - o.exp
	if by == 0 {
		by = strings.Compare(d.digits, o.digits)
	}
	return s * by
}

// sortKey is a string that compares bytewise as the number compares.
func (d decimal) sortKey() string {
	if d.digits == "" {
		return "\x80"
	}
	e := d.exp + 0x1000
	b := make([]byte, 0, len(d.digits)+4)
	b = append(b, 0x81, byte(e>>8), byte(e))
	b = append(b, d.digits...)
	if d.neg {
		for i := range b {
			b[i] = ^b[i]
		}
		b = append(b, 0xff) // of two with the same beginning, the longer is the smaller
	}
	return string(b)
}

// plus is the exact sum.
func (d decimal) plus(o decimal) (decimal, *failure) {
	low := min(d.exp-len(d.digits), o.exp-len(o.digits))
	sum := d.scaled(low)
	sum.Add(sum, o.scaled(low))
	r := decimal{neg: sum.Sign() < 0}
	r.digits = sum.Abs(sum).String()
	r.exp = low + len(r.digits)
	r = r.trimmed()
	return r, r.check()
}

// scaled is the number as a multiple of 10^low.
func (d decimal) scaled(low int) *big.Int {
	n := new(big.Int)
	if d.digits == "" {
		return n
	}
	n.SetString(d.digits+strings.Repeat("0", d.exp-len(d.digits)-low), 10)
	if d.neg {
		n.Neg(n)
	}
	return n
}

// storedDecimal reads what String wrote.
func storedDecimal(s string) decimal {
	d, _ := parseDecimal(s)
	return d
}
