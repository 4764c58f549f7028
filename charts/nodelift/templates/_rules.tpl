{{/* Writes the roles of a tier from files/rights.yaml, which is generated, and binds them to subjects, if there are any.
Takes root, tier, name and subjects. */}}
{{- define "nodelift.tier" -}}
{{- $tier := index (.root.Files.Get "files/rights.yaml" | fromYaml) .tier -}}
{{- range $namespace, $rules := $tier }}
{{- $kind := ternary "ClusterRole" "Role" (eq $namespace "cluster") }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $kind }}
metadata:
  {{- include "nodelift.roleMetadata" (dict "root" $.root "name" $.name "namespace" $namespace) | nindent 2 }}
rules:
  {{- toYaml $rules | nindent 2 }}
{{- if $.subjects }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $kind }}Binding
metadata:
  {{- include "nodelift.roleMetadata" (dict "root" $.root "name" $.name "namespace" $namespace) | nindent 2 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ $kind }}
  name: {{ $.name }}
subjects:
  {{- range $.subjects }}
  - kind: {{ .kind }}
    {{- if ne .kind "ServiceAccount" }}
    apiGroup: rbac.authorization.k8s.io
    {{- end }}
    name: {{ .name | quote }}
    {{- with .namespace }}
    namespace: {{ . }}
    {{- end }}
  {{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "nodelift.roleMetadata" -}}
name: {{ .name }}
{{- if ne .namespace "cluster" }}
namespace: {{ .namespace }}
{{- end }}
labels:
  {{- include "nodelift.labels" .root | nindent 2 }}
{{- end -}}
