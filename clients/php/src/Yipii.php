<?php

declare(strict_types=1);

namespace Yipii\Client;

/** Sends requests to one server. Its calls, one for each operation of the API, are in Operations. */
final class Yipii
{
    use Operations;

    private readonly string $base;
    private readonly TokenSource $source;

    /**
     * @param Credentials|TokenSource $from an OAuth client's credentials, or a source such as an ApiKey
     * @param TokenStore $store where the token is kept; a FileStore shares it among processes
     * @param float $maxWait the longest that a request waits when the server says 429 or 503 with Retry-After, in seconds
     */
    public function __construct(
        string $baseUrl,
        Credentials|TokenSource $from,
        TokenStore $store = new MemoryStore(),
        private readonly Http $http = new Http(),
        private readonly float $maxWait = 10,
    ) {
        $this->base = rtrim($baseUrl, '/');
        $this->source = $from instanceof Credentials ? new Tokens($baseUrl, $from, $store, $http) : $from;
    }

    /**
     * Sends a request with a token; a refusal is thrown as an ApiError. A token that is refused is replaced once; 429 and 503
     * are waited for once, as long as maxWait allows: the server has done nothing then.
     *
     * @param array<string, string> $headers
     * @return array{int, array<string, string>, string} status, headers by their names in small letters, body
     */
    public function send(string $method, string $path, array $headers = [], ?string $body = null): array
    {
        for ($replaced = $waited = false;;) {
            $token = $this->source->token();
            [$status, $answered, $text] = $this->http->send($method, $this->base . $path, ['Authorization' => "Bearer $token"] + $headers, $body);
            if ($status < 400) {
                return [$status, $answered, $text];
            }
            $error = ApiError::of($status, $answered, $text);
            if ($status === 401 && !$replaced && $this->source->refused($token)) {
                $replaced = true;
            } elseif (($status === 429 || $status === 503) && !$waited && $error->retryAfter !== null && $error->retryAfter <= $this->maxWait) {
                $waited = true;
                usleep((int) ($error->retryAfter * 1e6));
            } else {
                throw $error;
            }
        }
    }

    /**
     * Calls an operation and answers what its JSON holds; the text itself of an answer that isn't JSON, null for none.
     *
     * @param array<string, scalar|\DateTimeInterface|null> $path
     * @param array<string, scalar|\DateTimeInterface|null> $query
     * @param array<string, string|null> $headers
     */
    private function call(string $method, string $template, array $path = [], array $query = [], array $headers = [], mixed $body = null, bool $form = false): mixed
    {
        $target = preg_replace_callback('/\{(\w+)\}/', function (array $found) use ($path, $template): string {
            $value = self::text($path[$found[1]] ?? null);
            return $value === null || $value === '' ? throw new \InvalidArgumentException("$template needs {$found[1]}") : rawurlencode($value);
        }, $template);
        $query = array_filter(array_map(self::text(...), $query), fn (?string $value): bool => $value !== null);
        if ($query !== []) {
            $target .= '?' . http_build_query($query, '', '&', PHP_QUERY_RFC3986);
        }
        $headers = array_filter($headers, fn (?string $value): bool => $value !== null) + ['Accept' => 'application/json'];
        $text = null;
        if ($body !== null) {
            $headers['Content-Type'] = $form ? 'application/x-www-form-urlencoded' : 'application/json';
            $text = $form ? http_build_query($body) : json_encode($body === [] ? new \stdClass() : $body, JSON_THROW_ON_ERROR | JSON_PRESERVE_ZERO_FRACTION | JSON_UNESCAPED_SLASHES);
        }
        [, $answered, $answer] = $this->send($method, $target, $headers, $text);
        if ($answer === '') {
            return null;
        }
        $kind = strtok($answered['content-type'] ?? '', ';');
        return preg_match('#(/|\+)json$#', $kind) ? json_decode($answer, true, 512, JSON_THROW_ON_ERROR) : $answer;
    }

    private static function text(mixed $value): ?string
    {
        return match (true) {
            $value === null => null,
            is_bool($value) => $value ? 'true' : 'false',
            $value instanceof \DateTimeInterface => $value->format('Y-m-d\TH:i:s.vP'),
            default => (string) $value,
        };
    }
}
