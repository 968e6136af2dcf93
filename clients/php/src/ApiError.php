<?php

declare(strict_types=1);

namespace Yipii\Client;

/** A refusal of the server. */
final class ApiError extends \RuntimeException
{
    /**
     * @param int $status of HTTP
     * @param string|null $error such as "invalid_client" (RFC 6749 §5.2) or "invalid_token" (RFC 6750 §3.1)
     * @param array<string, list<string>> $fields wrong fields and why, with status 422
     * @param string|null $requestId for whoever runs the server
     * @param float|null $retryAfter seconds until asking again makes sense
     */
    public function __construct(
        public readonly int $status,
        string $message,
        public readonly ?string $error = null,
        public readonly array $fields = [],
        public readonly ?string $requestId = null,
        public readonly ?float $retryAfter = null,
    ) {
        parent::__construct($message, $status);
    }

    /** @param array<string, string> $headers */
    public static function of(int $status, array $headers, string $body): self
    {
        $said = json_decode($body, true);
        $said = is_array($said) ? $said : []; // a proxy between, perhaps
        $text = fn (string $name): ?string => is_string($said[$name] ?? null) && $said[$name] !== '' ? $said[$name] : null;
        $fields = is_array($said['errors'] ?? null) ? $said['errors'] : [];
        $message = $text('error_description') ?? $text('message') ?? "HTTP status $status";
        return new self($status, $message, $text('error'), $fields, $headers['x-request-id'] ?? null, self::retryAfter($headers['retry-after'] ?? ''));
    }

    /** Reads seconds or a date (RFC 9110 §10.2.3). */
    private static function retryAfter(string $text): ?float
    {
        if (ctype_digit($text)) {
            return (float) $text ?: null;
        }
        $at = $text === '' ? false : strtotime($text);
        return $at !== false && $at > time() ? (float) ($at - time()) : null;
    }
}
