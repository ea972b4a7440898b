namespace EdgeRecorder.Hls;

/// <summary>What a playlist promises about its changes (RFC 8216, 4.3.3.5 and 6.2.1).</summary>
internal enum PlaylistType
{
    /// <summary>No EXT-X-PLAYLIST-TYPE: segments come behind and go in front.</summary>
    Sliding,

    /// <summary>Segments only come.</summary>
    Event,

    /// <summary>Never changes.</summary>
    Vod,
}

/// <summary>The tags in front of the first segment of a media playlist. All durations 90 kHz.</summary>
internal readonly record struct PlaylistHead
{
    public required PlaylistType Type { get; init; }

    /// <summary>No EXTINF, rounded to the nearest second, is longer; never changes between reloads (RFC 8216, 4.3.3.1).</summary>
    public required int TargetSeconds { get; init; }

    /// <summary>Number of the first segment; of a sliding playlist it grows by one for each that goes.</summary>
    public long MediaSequence { get; init; }

    /// <summary>Discontinuities that went in front.</summary>
    public long DiscontinuitySequence { get; init; }

    /// <summary>Every segment begins with a sync sample.</summary>
    public bool IsIndependent { get; init; }

    /// <summary>Where players shall begin, from the start of the playlist.</summary>
    public long? Start90k { get; init; }

    /// <summary>Longest part; null: no parts. With it players may block for the next part, and stay <see cref="PartHoldBack90k"/> behind the end.</summary>
    public long? PartTarget90k { get; init; }

    /// <summary>At least twice the part target, three times is advised (rfc8216bis, 4.4.3.8); that is the default.</summary>
    public long? PartHoldBack90k { get; init; }

    /// <summary>The target duration that an entry asks for: to the nearest second, one at least.</summary>
    public static int SecondsOf(long duration90k) => (int)Math.Max(1, (duration90k + 45_000) / 90_000);
}
