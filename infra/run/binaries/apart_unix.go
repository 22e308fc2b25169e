//go:build unix

package binaries

import (
	"os/exec"
	"syscall"
)

// apart keeps a Ctrl-C at the terminal from the process: it is for the run, which ends its functions when they are done.
func apart(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
