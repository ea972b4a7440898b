namespace EdgeRecorder.Audio;

/// <summary>In which order G.726 code words lie in a byte; no protocol signals it.</summary>
internal enum G726Packing : byte
{
    /// <summary>Told by what decodes to the more predictable signal.</summary>
    Auto,

    /// <summary>The first code word in the least significant bits (RFC 3551, 4.5.4; ffmpeg's g726le).</summary>
    Rfc3551,

    /// <summary>The first code word in the most significant bits (ITU-T I.366.2 AAL2; ffmpeg's g726).</summary>
    Aal2,
}
