package cli

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/nodelift/nodelift/sandbox"
	"github.com/nodelift/nodelift/sandbox/cloud"
	"github.com/nodelift/nodelift/sandbox/home"
	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

func statusCommand(at func() home.Dir) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Show the nodes, groups and processes of a sandbox; exit code 1 if none is running",
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir := at()
			state, err := dir.ReadState()
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), 10*time.Second)
			defer cancel()
			return printStatus(ctx, os.Stdout, dir, state)
		},
	}
}

func printStatus(ctx context.Context, out io.Writer, dir home.Dir, s home.State) error {
	nodes, err := nodes(ctx, dir)
	if err != nil {
		return fmt.Errorf("ask the API server for its nodes: %w", err)
	}
	groups, err := groupRows(ctx, s)
	if err != nil {
		return fmt.Errorf("ask AWS for the node groups: %w", err)
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, row := range slices.Concat([][2]string{
		{"SANDBOX", fmt.Sprintf("running since %s in %s", s.Started.Format(time.DateTime), dir)},
		{"KUBERNETES", fmt.Sprintf("%s at %s", s.KubernetesVersion, s.APIServer)},
		{"NODES", fmt.Sprintf("%d of %d ready%s", sandbox.ReadyNodes(nodes), len(nodes), versions(nodes))},
		{"AWS", fmt.Sprintf("%s at %s", s.Region, s.AWSEndpoint)},
	}, groups, [][2]string{
		{"PROCESSES", processes(s)},
	}) {
		fmt.Fprintf(table, "%s\t%s\n", row[0], row[1])
	}
	return table.Flush()
}

// groupRows are the sizes of the groups, one group a row.
func groupRows(ctx context.Context, s home.State) ([][2]string, error) {
	var rows [][2]string
	for _, name := range s.Groups {
		group, err := cloud.GroupSizes(ctx, s.AWSEndpoint, name)
		if err != nil {
			return nil, err
		}
		rows = append(rows, [2]string{"GROUP", fmt.Sprintf("%s: minimum %d, desired %d, maximum %d, in service %d",
			name, group.Min, group.Desired, group.Max, group.InService())})
	}
	return rows, nil
}

func nodes(ctx context.Context, dir home.Dir) ([]corev1.Node, error) {
	conf, err := clientcmd.BuildConfigFromFlags("", dir.Kubeconfig())
	if err != nil {
		return nil, err
	}
	client, err := kubernetes.NewForConfig(conf)
	if err != nil {
		return nil, err
	}
	list, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	return list.Items, nil
}

// versions counts the nodes of each kubelet version, oldest first.
func versions(nodes []corev1.Node) string {
	count := map[string]int{}
	for _, node := range nodes {
		count[node.Status.NodeInfo.KubeletVersion]++
	}
	var parts []string
	for _, version := range slices.Sorted(maps.Keys(count)) {
		parts = append(parts, fmt.Sprintf("%d × %s", count[version], version))
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// processes lists the sandbox's processes with their share of the memory.
func processes(s home.State) string {
	var parts []string
	total := 0
	for _, name := range slices.Sorted(maps.Keys(s.Components)) {
		pid := s.Components[name]
		memory := residentMiB(pid)
		total += memory
		parts = append(parts, fmt.Sprintf("%s %d", name, pid))
	}
	text := strings.Join(parts, ", ")
	if total > 0 {
		text += fmt.Sprintf("; %d MiB in total", total)
	}
	return text
}

// residentMiB is the proportional set size of a process, 0 if it is unknown.
func residentMiB(pid int) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		var kib int
		if n, _ := fmt.Sscanf(line, "Pss: %d kB", &kib); n == 1 {
			return kib / 1024
		}
	}
	return 0
}
