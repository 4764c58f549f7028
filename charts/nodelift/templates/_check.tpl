{{/* Checks that values.schema.json cannot make. Each refusal says what would be right. */}}
{{- define "nodelift.check" -}}
{{- if ne .Release.Namespace "nodelift-system" -}}
{{- fail (printf "Nodelift has to be installed in the namespace nodelift-system, where its Leases are, not in %s: use --namespace nodelift-system --create-namespace" .Release.Namespace) -}}
{{- end -}}
{{- if not .Values.image.repository -}}
{{- fail "which image? Set image.repository, like 123456789012.dkr.ecr.us-west-2.amazonaws.com/nodelift; docs/install.md says how to build it" -}}
{{- end -}}
{{- range .Values.tolerations -}}
{{- if or (not .key) (eq .key "eks.amazonaws.com/nodegroup") -}}
{{- if ne (default "" .effect) "NoExecute" -}}
{{- fail (printf "the toleration %s matches the taint of outdated nodes, so the controller would be scheduled to nodes that it is draining; name the key of another taint" (toJson .)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range concat .Values.access.view .Values.access.upgrade .Values.access.force -}}
{{- if and (eq .kind "ServiceAccount") (not .namespace) -}}
{{- fail (printf "the ServiceAccount %s in access needs its namespace" .name) -}}
{{- end -}}
{{- end -}}
{{- include "nodelift.checkDefinitions" . -}}
{{- end -}}

{{/* Helm installs what is in crds/ once and never again, so a cluster may have definitions of another version. The API
server would drop fields that they do not have without an error. */}}
{{- define "nodelift.checkDefinitions" -}}
{{- range $path, $_ := .Files.Glob "crds/*.yaml" -}}
{{- $ours := $.Files.Get $path | fromYaml -}}
{{- $there := lookup "apiextensions.k8s.io/v1" "CustomResourceDefinition" "" $ours.metadata.name -}}
{{- if $there -}}
{{- $has := dig "metadata" "annotations" "nodelift.dev/version" "0" $there | int -}}
{{- $knows := index $ours.metadata.annotations "nodelift.dev/version" | int -}}
{{- if lt $has $knows -}}
{{- fail (printf "the cluster has version %d of the resource %s and this chart needs version %d: run 'nodelift crds | kubectl apply --server-side -f -' first" $has $ours.metadata.name $knows) -}}
{{- else if gt $has $knows -}}
{{- fail (printf "the cluster has version %d of the resource %s and this chart knows version %d: use a newer chart" $has $ours.metadata.name $knows) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
