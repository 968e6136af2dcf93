<?php

declare(strict_types=1);

namespace Yipii\Client;

/** A token that is kept. Times are Unix seconds. Dumping it shows no token. */
final class Token
{
    public function __construct(
        #[\SensitiveParameter] public readonly string $text,
        public readonly float $renewAt,
        public readonly float $expiresAt,
    ) {
    }

    /** @return array<string, mixed> */
    public function __debugInfo(): array
    {
        return ['text' => '[hidden]', 'renewAt' => $this->renewAt, 'expiresAt' => $this->expiresAt];
    }
}
