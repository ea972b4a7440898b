using System.Globalization;
using System.Runtime.InteropServices;
using EdgeRecorder.Simulators.Clips;

namespace EdgeRecorder.Simulators.Terminal.Media;

/// <summary>
/// Reads audio into a track that is ready to send: ADTS (<c>.aac</c>); 8 kHz mono: G.711 (<c>.alaw</c>, <c>.ulaw</c>), G.726 of 16, 24, 32 or 40 kbit/s with the
/// first code in the high bits (<c>.g726-32</c>) or in the low ones (<c>.g726le-32</c>), and samples (<c>.s16</c>, little-endian), to be encoded as IMA ADPCM or as the
/// name says (<c>.g726-40.s16</c>).
/// </summary>
internal static class AudioSource
{
    private const int Rate = 8000;
    private const byte AlawType = 6, UlawType = 7, G726Type = 8, AacType = 19, AdpcmType = 26;

    public static MediaTrack Load(string path, PacketOptions options)
    {
        var bytes = VideoClip.ReadClip(path);
        var extension = Path.GetExtension(path);
        return extension switch
        {
            ".aac" => Aac(path, bytes, options),
            ".alaw" => Frames(bytes, AlawType, options.AudioFrame, options),
            ".ulaw" => Frames(bytes, UlawType, options.AudioFrame, options),
            ".s16" when Path.GetExtension(Path.GetFileNameWithoutExtension(path)) is var inner && IsG726(inner) => G726(path, inner, bytes, options),
            ".s16" => Adpcm(bytes, options),
            _ when IsG726(extension) => Frames(bytes, G726Type, options.AudioFrame * G726Bits(path, extension) / 8, options),
            _ => throw new UsageException($"{path}: audio is .aac, .alaw, .ulaw, .s16, .g726-RATE or .g726le-RATE, not '{extension}'"),
        };
    }

    /// <summary>Bits of a sample: the rate in kbit/s by 8.</summary>
    private static int G726Bits(string path, string extension)
        => int.TryParse(extension.AsSpan(extension.IndexOf('-', StringComparison.Ordinal) + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var rate)
            && rate is 16 or 24 or 32 or 40
            ? rate / 8
            : throw new UsageException($"{path}: G.726 has 16, 24, 32 or 40 kbit/s");

    private static MediaTrack Frames(ReadOnlySpan<byte> bytes, byte type, int frameBytes, PacketOptions options)
    {
        var builder = Speech(type, frameBytes, options);
        for (var at = 0; at + frameBytes <= bytes.Length; at += frameBytes)
            Add(builder, bytes.Slice(at, frameBytes), options);
        return builder.Build();
    }

    private static bool IsG726(string extension) => extension.StartsWith(".g726", StringComparison.Ordinal);

    private static MediaTrack G726(string path, string extension, ReadOnlySpan<byte> bytes, PacketOptions options)
    {
        var bits = G726Bits(path, extension);
        var codes = new G726Encoder(bits).Encode(MemoryMarshal.Cast<byte, short>(bytes), lowFirst: extension.StartsWith(".g726le", StringComparison.Ordinal));
        return Frames(codes, G726Type, options.AudioFrame * bits / 8, options);
    }

    private static MediaTrack Adpcm(ReadOnlySpan<byte> bytes, PacketOptions options)
    {
        var samples = MemoryMarshal.Cast<byte, short>(bytes);
        var encoder = new ImaAdpcm(options.Adpcm);
        var perBlock = ImaAdpcm.BlockSamples(options.AudioFrame, options.Adpcm);
        var builder = new MediaTrackBuilder(
            new MediaFormat(AdpcmType, Rate, perBlock, Rate, 1, 4 + options.AudioFrame / 2), options.SimBytes, options.LargestBody);
        for (var at = 0; at + perBlock <= samples.Length; at += perBlock)
            Add(builder, encoder.Encode(samples.Slice(at, perBlock)), options);
        return builder.Build();
    }

    private static MediaTrackBuilder Speech(byte type, int frameBytes, PacketOptions options)
        => new(new MediaFormat(type, Rate, options.AudioFrame, Rate, 1, frameBytes), options.SimBytes, options.LargestBody);

    private static void Add(MediaTrackBuilder builder, ReadOnlySpan<byte> frame, PacketOptions options)
        => builder.Unit(DataType.Audio, options.HiSilicon ? WithHiSiliconHeader(frame) : frame, frame);

    public static byte[] WithHiSiliconHeader(ReadOnlySpan<byte> frame) => [0, 1, (byte)(frame.Length / 2), 0, .. frame];

    private static MediaTrack Aac(string path, ReadOnlySpan<byte> adts, PacketOptions options)
    {
        var frames = Adts.Split(adts, path);
        var rate = Adts.Rates[frames[0].RateIndex];
        var builder = new MediaTrackBuilder(
            new MediaFormat(AacType, rate, Adts.Samples, rate, frames[0].Channels, Adts.Samples), options.SimBytes, options.LargestBody);
        foreach (var frame in frames)
            builder.Unit(DataType.Audio, adts[options.Adts ? frame.Whole : frame.Body], adts[frame.Body]);
        return builder.Build();
    }
}
