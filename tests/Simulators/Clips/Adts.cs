namespace EdgeRecorder.Simulators.Clips;

/// <summary>One AAC frame of an ADTS file; the header is the first 7 or 9 bytes of <paramref name="Whole"/>.</summary>
internal readonly record struct AdtsFrame(Range Whole, Range Body, int Profile, int RateIndex, int Channels);

/// <summary>Cuts an ADTS file into its frames (ISO/IEC 13818-7, 6.2).</summary>
internal static class Adts
{
    /// <summary>Sampling frequencies by index.</summary>
    public static readonly int[] Rates = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350];

    /// <summary>Samples of a frame.</summary>
    public const int Samples = 1024;

    public static List<AdtsFrame> Split(ReadOnlySpan<byte> adts, string path)
    {
        var frames = new List<AdtsFrame>();
        for (var at = 0; at + 7 <= adts.Length;)
        {
            // syncword 12, ID 1, layer 2, protection_absent 1, profile 2, rate 4, private 1, channels 3, 4 flags, length 13, …
            var header = adts[at..];
            if (header[0] != 0xFF || (header[1] & 0xF0) != 0xF0)
                throw new UsageException($"{path}: no ADTS syncword at byte {at}");
            var length = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5;
            var headerLength = (header[1] & 1) == 1 ? 7 : 9;
            if (length <= headerLength || at + length > adts.Length)
                break;
            frames.Add(new AdtsFrame(at..(at + length), (at + headerLength)..(at + length), header[2] >> 6, header[2] >> 2 & 0xF, (header[2] & 1) << 2 | header[3] >> 6));
            at += length;
        }
        return frames.Count > 0 ? frames : throw new UsageException($"{path}: holds no AAC frame");
    }
}
