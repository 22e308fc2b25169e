package local

import "testing"

func TestALargeProcessIsNotCollectedWithoutEnd(t *testing.T) {
	t.Parallel()
	for alive, want := range map[uint64]int{0: 400, 1 << 20: 400, small / 5: 400, small / 4: 300, small / 2: 100,
		small: 100, 8 * small: 100} {
		if got := percent(alive); got != want {
			t.Errorf("beside %d bytes that are alive, %d %% may be added, want %d %%", alive, got, want)
		}
	}
}
