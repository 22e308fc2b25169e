package client

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"time"

	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/domain/words"
)

// Rename gives the client another name, "" for none. It returns false when that is the name already.
func (c *Client) Rename(name string) bool {
	if c.Name == name {
		return false
	}
	c.Name = name
	return true
}

// Speak has the client written to in another language, "" for the agency's. It returns false when that is so already. What the client
// has chosen itself goes before it.
func (c *Client) Speak(l words.Language) bool {
	if c.Invite.Language == l {
		return false
	}
	c.Invite.Language = l
	return true
}

// Edition is a fingerprint of what people edit: the name, what is open, and for how long. It is the client's ETag, so that of two who
// change it at once the second one notices; a mail's being delivered in between is nothing that they could overwrite.
func (c *Client) Edition() string {
	h := sha256.New()
	put := func(s string) {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(s)))) //nolint:gosec // a few characters
		h.Write([]byte(s))
	}
	put(string(c.ID))
	put(c.Name)
	for _, g := range c.Open() {
		put(string(g.Resource))
		put(string(g.Access))
	}
	put("")
	for _, r := range c.Roles {
		put(string(r))
	}
	put("")
	for _, x := range c.Contacts {
		put(string(x))
	}
	for _, p := range role.Catalogue() {
		put("")
		for _, k := range role.Kinds() {
			for _, e := range c.Rules[p.Module].Of(k) {
				put(string(k) + " " + e)
			}
		}
	}
	put(c.ExpiresAt.UTC().Format(time.RFC3339Nano))
	if i := c.Invite; i != nil && c.AcceptedAt.IsZero() { // what it will have once it accepts is edited as well
		for _, r := range i.Roles {
			put(string(r))
		}
		put(i.AccessUntil.UTC().Format(time.RFC3339Nano))
	}
	if i := c.Invite; i != nil && i.Language != "" {
		put(string(i.Language))
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
