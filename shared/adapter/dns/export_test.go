package dns

import (
	"io"
	"net/netip"

	"latchkey.dev/shared/domain/zone"
)

// Nameservers reads a file as resolv.conf(5) describes it.
func Nameservers(conf io.Reader) []netip.AddrPort { return nameservers(conf) }

// Parse reads a message as a check does, and returns the records that it keeps of each section.
func Parse(msg []byte, id uint16, q zone.Question, short bool) (sections [3][]zone.Record, cut bool, err error) {
	m, err := parse(msg, id, q, short)
	if err != nil {
		return sections, false, err
	}
	return [3][]zone.Record{m.answers, m.authority, m.additional}, m.cut, nil
}

// Query writes a question as a check does.
func Query(id uint16, q zone.Question) ([]byte, error) { return query(id, q, false) }
