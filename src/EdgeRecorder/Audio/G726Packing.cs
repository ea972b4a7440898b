namespace EdgeRecorder.Audio;

/// <summary>In which order G.726 code words lie in a byte; no protocol signals it.</summary>
internal enum G726Packing : byte
{
    /// <summary>What decodes to the more predictable signal (<see cref="G726Reader"/>).</summary>
    Auto,

    /// <summary>The first code word in the most significant bits: ITU-T I.366.2 (AAL2), ASF, ffmpeg's g726.</summary>
    Aal2,

    /// <summary>The first code word in the least significant bits: RFC 3551, 4.5.4; ffmpeg's g726le.</summary>
    Rfc3551,
}
