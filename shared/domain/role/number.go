package role

import (
	"cmp"
	"slices"
	"sync"
)

// numbers are the catalogue with its entries in a row, since rights are computed for each request: what is found by a number is
// found without looking through lists.
type numbers struct {
	of    map[Module]map[Kind]map[string]int
	span  map[Module][2]int // the first of the module's, and the first behind them
	shows [][]int           // of an action: the fields that nobody could do it without
	by    [][]int           // of a field: the actions that show it, by their keys
	fixed []bool            // of an entry: no rule can name it
	keys  []string
	all   int
}

var numbered = sync.OnceValue(func() *numbers {
	n := &numbers{of: map[Module]map[Kind]map[string]int{}, span: map[Module][2]int{}}
	for _, p := range catalogue {
		kinds, first := map[Kind]map[string]int{}, n.all
		for _, k := range Kinds() {
			keys := map[string]int{}
			for _, e := range p.lists[k] {
				keys[e.Key] = n.all
				n.fixed, n.keys = append(n.fixed, e.fixed()), append(n.keys, e.Key)
				n.all++
			}
			kinds[k] = keys
		}
		n.of[p.Module], n.span[p.Module] = kinds, [2]int{first, n.all}
	}
	n.shows, n.by = make([][]int, n.all), make([][]int, n.all)
	for _, p := range catalogue {
		for _, e := range p.lists[Actions] {
			for _, key := range e.implies {
				if field, ok := n.of[p.Module][Fields][key]; ok { // but not the title, which is always shown
					action := n.of[p.Module][Actions][e.Key]
					n.shows[action], n.by[field] = append(n.shows[action], field), append(n.by[field], action)
				}
			}
		}
	}
	for _, actions := range n.by {
		slices.SortFunc(actions, func(a, b int) int { return cmp.Compare(n.keys[a], n.keys[b]) })
	}
	return n
})

// find is the number of an entry.
func (n *numbers) find(m Module, k Kind, key string) (int, bool) {
	i, ok := n.of[m][k][key]
	return i, ok
}
