<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class LastMeta
{
    public function __construct(
        /** There is more already: ask again at once. */
        public readonly bool $more,
        /** Send it as changed_since the next time. */
        public readonly string $nextCursor,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            more: $data['more'],
            nextCursor: $data['next_cursor'],
        );
    }
}
