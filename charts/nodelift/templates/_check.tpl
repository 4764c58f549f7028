{{/* What no schema can say: each refusal says what would be right. */}}
{{- define "nodelift.check" -}}
{{- if ne .Release.Namespace "nodelift-system" -}}
{{- fail (printf "Nodelift lives in the namespace nodelift-system, where everybody looks for its Leases: install it with --namespace nodelift-system --create-namespace, not in %s" .Release.Namespace) -}}
{{- end -}}
{{- if not .Values.image.repository -}}
{{- fail "which image? Set image.repository, like 123456789012.dkr.ecr.us-west-2.amazonaws.com/nodelift; docs/install.md says how to build it" -}}
{{- end -}}
{{- range .Values.tolerations -}}
{{- if or (not .key) (eq .key "eks.amazonaws.com/nodegroup") -}}
{{- if ne (default "" .effect) "NoExecute" -}}
{{- fail (printf "the toleration %s fits the taint of outdated nodes: the controller would go back to nodes that it drains; name the key of another taint" (toJson .)) -}}
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

{{/* Helm installs what is in crds/ once and never again. So the definitions that a cluster has may be of another version;
fields that it does not know, the API server would drop without a word. */}}
{{- define "nodelift.checkDefinitions" -}}
{{- range $path, $_ := .Files.Glob "crds/*.yaml" -}}
{{- $ours := $.Files.Get $path | fromYaml -}}
{{- $there := lookup "apiextensions.k8s.io/v1" "CustomResourceDefinition" "" $ours.metadata.name -}}
{{- if $there -}}
{{- $has := dig "metadata" "annotations" "nodelift.dev/version" "0" $there | int -}}
{{- $knows := index $ours.metadata.annotations "nodelift.dev/version" | int -}}
{{- if lt $has $knows -}}
{{- fail (printf "the cluster has version %d of the resource %s and this chart needs version %d: run 'nodelift crds | kubectl apply --server-side -f -' before" $has $ours.metadata.name $knows) -}}
{{- else if gt $has $knows -}}
{{- fail (printf "the cluster has version %d of the resource %s and this chart knows version %d: use a newer chart" $has $ours.metadata.name $knows) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
