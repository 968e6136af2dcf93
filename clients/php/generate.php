<?php

/**
 * Makes src/Model/*.php and src/Operations.php of ../openapi.json: a class for each record that an operation answers, and a
 * method for each operation. Run by make describe: php clients/php/generate.php [FOLDER], which writes below FOLDER, src here
 * unless it is named. docs/decisions/0026-php-types-by-own-generator.md says why there is a generator of our own.
 */

declare(strict_types=1);

const HEAD = "<?php\n\n// Made by generate.php of openapi.json. Don't change it here.\n\ndeclare(strict_types=1);\n\n";

/** Headings whose operations take another credential than a bearer token of an account, or none. */
const LEFT_OUT = ['OAuth', 'Public tracking'];

$document = json_decode(file_get_contents(__DIR__ . '/../openapi.json'), true, 512, JSON_THROW_ON_ERROR);
(new Description($document, rtrim($argv[1] ?? __DIR__ . '/src', '/')))->run();

final class Description
{
    /** @var array<string, array<string, mixed>> */
    private array $schemas;
    /** @var array<string, true> classes that are needed, by name */
    private array $needed = [];

    public function __construct(private readonly array $document, private readonly string $folder)
    {
        $this->schemas = $document['components']['schemas'];
    }

    public function run(): void
    {
        $methods = [];
        foreach ($this->document['paths'] as $path => $operations) {
            foreach ($operations as $method => $operation) {
                if (array_intersect($operation['tags'], LEFT_OUT) === [] && !isset($operation['responses']['200']['content']['text/event-stream'])) {
                    $methods[self::camel($operation['operationId'])] = $this->method(strtoupper($method), $path, $operation);
                }
            }
        }
        ksort($methods);
        $this->write('Operations.php', HEAD . "namespace Yipii\\Client;\n\n/** A method for each operation of the API. */\ntrait Operations\n{\n" . implode("\n", $methods) . "}\n");
        @mkdir("$this->folder/Model");
        $written = [];
        while ($missing = array_diff_key($this->needed, $written)) {
            foreach (array_keys($missing) as $name) {
                $this->write("Model/$name.php", HEAD . "namespace Yipii\\Client\\Model;\n\n" . $this->class($name));
                $written[$name] = true;
            }
        }
        foreach (glob("$this->folder/Model/*.php") as $file) {
            if (!isset($written[basename($file, '.php')])) {
                unlink($file); // of a record that there is no more
            }
        }
    }

    private function write(string $file, string $text): void
    {
        if (file_put_contents("$this->folder/$file", $text) === false) {
            exit(1);
        }
    }

    private static function camel(string $name): string
    {
        return lcfirst(str_replace(' ', '', ucwords(strtr($name, '-_', '  '))));
    }

    /** A comment's text on one line. */
    private static function line(string $text): string
    {
        return str_replace('*/', '* /', preg_replace('/\s+/', ' ', $text));
    }

    /** The schema without what says that it may be null, and whether it may. */
    private static function nullable(array $schema): array
    {
        if (is_array($schema['type'] ?? null)) {
            $types = array_values(array_diff($schema['type'], ['null']));
            return [['type' => $types[0]] + $schema, count($types) < count($schema['type'])];
        }
        if (isset($schema['anyOf']) && in_array(['type' => 'null'], $schema['anyOf'], true)) {
            $rest = array_values(array_filter($schema['anyOf'], fn (array $one): bool => $one !== ['type' => 'null']));
            return [count($rest) === 1 ? $rest[0] : ['anyOf' => $rest], true];
        }
        return [$schema, false];
    }

    /** @return array{string, string, string} type, type in comments, and the code that makes one of $value, for what an answer holds */
    private function answered(array $schema, string $value): array
    {
        [$schema, $null] = self::nullable($schema);
        if ($null) {
            [$type, $said, $code] = $this->answered($schema, $value);
            return $type === 'mixed' ? ['mixed', 'mixed', $code] : ["?$type", "$said|null", $code === $value ? $code : "$value === null ? null : $code"];
        }
        if (isset($schema['$ref'])) {
            $name = basename($schema['$ref']);
            if (!isset($this->schemas[$name]['properties'])) {
                return $this->answered($this->schemas[$name], $value);
            }
            $this->needed[$name] = true;
            return ["Model\\$name", "Model\\$name", "Model\\$name::from($value)"];
        }
        switch ($schema['type'] ?? '') {
            case 'string':
                return ($schema['format'] ?? '') === 'date-time' ? ['\DateTimeImmutable', '\DateTimeImmutable', "new \\DateTimeImmutable($value)"] : ['string', 'string', $value];
            case 'integer':
                return ['int', 'int', $value];
            case 'number':
                return ['float', 'float', "(float) $value"];
            case 'boolean':
                return ['bool', 'bool', $value];
            case 'array':
                [, $said, $code] = $this->answered($schema['items'] ?? [], '$one');
                return ['array', "list<$said>", $code === '$one' ? $value : "array_map(fn (\$one) => $code, $value)"];
            case 'object':
                if (is_array($schema['additionalProperties'] ?? null)) {
                    [, $said, $code] = $this->answered($schema['additionalProperties'], '$one');
                    return ['array', "array<string, $said>", $code === '$one' ? $value : "array_map(fn (\$one) => $code, $value)"];
                }
                return ['array', 'array<string, mixed>', $value];
        }
        return ['mixed', 'mixed', $value];
    }

    /** The type, in comments, of what a request holds. */
    private function sent(array $schema, int $depth = 0): string
    {
        [$schema, $null] = self::nullable($schema);
        if ($null) {
            return $this->sent($schema, $depth) . '|null';
        }
        if (isset($schema['$ref'])) {
            return $this->sent($this->schemas[basename($schema['$ref'])], $depth);
        }
        foreach (['oneOf', 'anyOf'] as $choice) {
            if (isset($schema[$choice])) {
                return implode('|', array_unique(array_map(fn (array $one): string => $this->sent($one, $depth), $schema[$choice])));
            }
        }
        if (isset($schema['enum']) && !array_filter($schema['enum'], fn ($one): bool => !is_string($one))) {
            return implode('|', array_map(fn (string $one): string => "'$one'", $schema['enum']));
        }
        switch ($schema['type'] ?? '') {
            case 'string':
                return 'string';
            case 'integer':
                return 'int';
            case 'number':
                return 'float|int';
            case 'boolean':
                return 'bool';
            case 'array':
                return 'list<' . $this->sent($schema['items'] ?? [], $depth + 1) . '>';
            case 'object':
                if (($schema['properties'] ?? []) === [] || $depth > 4) {
                    return is_array($schema['additionalProperties'] ?? null) ? 'array<string, ' . $this->sent($schema['additionalProperties'], $depth + 1) . '>' : 'array<string, mixed>';
                }
                $fields = [];
                foreach ($schema['properties'] as $name => $field) {
                    $fields[] = $name . (in_array($name, $schema['required'] ?? [], true) ? '' : '?') . ': ' . $this->sent($field, $depth + 1);
                }
                return 'array{' . implode(', ', $fields) . '}';
        }
        return 'mixed';
    }

    private function class(string $name): string
    {
        $schema = $this->schemas[$name];
        $properties = $arguments = '';
        foreach ($schema['properties'] as $field => $of) {
            $required = in_array($field, $schema['required'] ?? [], true);
            [$type, $said, $code] = $this->answered($of, "\$data['$field']" . ($required ? '' : ' ?? null'));
            if (!$required) { // it may be missing
                [$inner, , $made] = $this->answered(self::nullable($of)[0], "\$data['$field']");
                $code = $made === "\$data['$field']" ? "$made ?? null" : "isset(\$data['$field']) ? $made : null";
                $type = $inner === 'mixed' ? 'mixed' : "?$inner";
            }
            $type = str_replace('Model\\', '', $type);
            $code = str_replace('Model\\', '', $code);
            $said = str_replace('Model\\', '', $said);
            $comment = trim((str_contains($type, 'array') ? "@var $said" . (!$required && !str_ends_with($said, '|null') ? '|null' : '') . ' ' : '') . self::line($of['description'] ?? ''));
            $properties .= ($comment === '' ? '' : "        /** $comment */\n") . "        public readonly $type \$" . self::camel($field) . ",\n";
            $arguments .= '            ' . self::camel($field) . ": $code,\n";
        }
        $said = isset($schema['description']) ? '/** ' . self::line($schema['description']) . " */\n" : '';
        return "{$said}final class $name\n{\n    public function __construct(\n$properties    ) {\n    }\n\n    /** @param array<string, mixed> \$data as the server answers it */\n    public static function from(array \$data): self\n    {\n        return new self(\n$arguments        );\n    }\n}\n";
    }

    private function method(string $method, string $path, array $operation): string
    {
        $comment = [self::line($operation['summary']) . '. ' . self::line($operation['description'] ?? ''), ''];
        $required = $optional = $maps = ['path' => [], 'query' => [], 'header' => []];
        foreach ($operation['parameters'] ?? [] as $parameter) {
            if ($parameter['in'] === 'header' && $parameter['name'] !== 'If-Match') {
                continue; // it asks for an answer without a body, or for a body that is packed: send() is for those
            }
            [$type] = $this->answered(['type' => self::nullable($parameter['schema'])[0]['type'] ?? 'string'] + $parameter['schema'], '');
            $type = match ($type) { '\DateTimeImmutable' => '\DateTimeInterface|string', 'float' => 'float|int', 'array', 'mixed' => 'string', default => $type };
            $in = $parameter['in'];
            $name = '$' . self::camel(strtolower($parameter['name']));
            $maps[$in][] = "'{$parameter['name']}' => $name";
            if ($parameter['required'] ?? false) {
                $required[$in][] = "$type $name";
            } else {
                $optional[$in][] = (str_contains($type, '|') ? "$type|null" : "?$type") . " $name = null";
            }
            $comment[] = "@param $type" . ($parameter['required'] ?? false ? '' : '|null') . " $name " . self::line($parameter['description'] ?? '');
        }
        $body = 'null';
        $form = false;
        if ($content = $operation['requestBody']['content'] ?? null) {
            $form = !isset($content['application/json']);
            $body = '$body';
            $comment[] = '@param ' . $this->sent(reset($content)['schema']) . ' $body';
            $required['path'][] = 'array $body';
        }
        [$type, $said, $code] = $this->result($operation['responses']);
        $comment[] = "@return $said";
        $call = "\$this->call('$method', '$path', [" . implode(', ', $maps['path']) . '], [' . implode(', ', $maps['query']) . '], [' . implode(', ', $maps['header']) . "], $body" . ($form ? ', true' : '') . ')';
        $code = $type === 'void' ? "$call;" : 'return ' . str_replace('$answer', $call, $code) . ';';
        $arguments = implode(', ', array_merge($required['path'], $required['query'], $optional['query'], $optional['header']));
        return "    /**\n" . implode('', array_map(fn (string $line): string => rtrim("     * $line") . "\n", $comment)) . "     */\n    public function " . self::camel($operation['operationId']) . "($arguments): $type\n    {\n        $code\n    }\n";
    }

    /** @return array{string, string, string} type, type in comments, and the code that makes it of $answer */
    private function result(array $responses): array
    {
        foreach (['200', '201', '202'] as $status) {
            $content = $responses[$status]['content'] ?? [];
            if (count($content) === 1 && isset($content['application/json'])) {
                return $this->answered($content['application/json']['schema'], '$answer');
            }
            if ($content !== []) {
                return ['mixed', 'mixed what JSON holds, or the text of another format', '$answer'];
            }
        }
        return ['void', 'void', ''];
    }
}
