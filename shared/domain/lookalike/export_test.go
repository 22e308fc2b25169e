package lookalike

// Names lists the names of the list.
func Names() []string {
	var out []string
	for _, k := range list() {
		out = append(out, k.name)
	}
	return out
}
