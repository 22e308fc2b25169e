package identity

import (
	"slices"
	"time"

	"latchkey.dev/shared/domain/id"
)

// Power is a powerful scope that a key has used.
type Power struct {
	Key   id.Key
	Scope Scope
}

// Powers is what the keys of an agency have used of powerful scopes and its owners have not been told of yet. It is written while it
// is the one that was read, so that owners are told once, however many use a key at a time.
type Powers struct {
	Agency  id.Agency
	Uses    []Power   // each once, oldest first, at most MaxPowers
	ToldAt  time.Time // when owners were last told; zero for never
	Due     time.Time // when they are to be told of what came since; zero when nothing did
	Version int       // of what was read; 0 for one that is not stored yet
}

// Owners are told of what is used within a few minutes together, and at most once a day.
const (
	powersGather = 5 * time.Minute
	PowersApart  = 24 * time.Hour
)

// MaxPowers is of how many keys and scopes one mail tells; whatever else was used stands in the log.
const MaxPowers = 20

// Use notes that a key used a scope. It returns false when owners are going to be told of the two already.
func (p *Powers) Use(k id.Key, s Scope, now time.Time) bool {
	use := Power{k, s}
	if slices.Contains(p.Uses, use) || len(p.Uses) >= MaxPowers {
		return false
	}
	p.Uses = append(p.Uses[:len(p.Uses):len(p.Uses)], use)
	if p.Due.IsZero() {
		p.Due = now.Add(powersGather)
		if next := p.ToldAt.Add(PowersApart); p.Due.Before(next) {
			p.Due = next
		}
	}
	return true
}

// Tell takes out what owners are to be told of now; nothing while it is not the time.
func (p *Powers) Tell(now time.Time) []Power {
	if p.Due.IsZero() || now.Before(p.Due) {
		return nil
	}
	all := p.Uses
	p.Uses, p.Due, p.ToldAt = nil, time.Time{}, now.Truncate(time.Millisecond)
	return all
}
