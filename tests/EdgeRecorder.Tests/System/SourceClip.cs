using EdgeRecorder.Media;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Simulators;

namespace EdgeRecorder.Tests.SystemTests;

/// <summary>
/// What a simulated camera films, to tell which of its pictures lie in a file. Every picture of the clips differs from every other, so the bytes of
/// their slices name them.
/// </summary>
internal sealed class SourceClip
{
    private readonly Codec _codec;
    private readonly Dictionary<string, int> _places = [];

    private SourceClip(Codec codec, IReadOnlyList<byte[]> slices)
    {
        _codec = codec;
        for (var i = 0; i < slices.Count; i++)
            Assert.True(_places.TryAdd(Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(slices[i])), i), "the clip shows the same picture twice");
    }

    /// <summary>Pictures of one round.</summary>
    public int Count => _places.Count;

    public static async Task<SourceClip> OpenAsync(string clip)
    {
        var codec = clip.EndsWith(".h265", StringComparison.Ordinal) ? Codec.H265 : Codec.H264;
        return new SourceClip(codec, Slices(codec, await File.ReadAllBytesAsync(await Clips.FindAsync(clip))));
    }

    /// <summary>The pictures of an MP4 as stretches of the clip that follow one another without a miss, rounds of the clip joined.</summary>
    public async Task<IReadOnlyList<(int First, int Count)>> StretchesAsync(string mp4)
    {
        var stretches = new List<(int First, int Count)>();
        var expected = -1;
        foreach (var slice in Slices(_codec, await ElementaryAsync(mp4, "v", _codec == Codec.H264 ? "h264" : "hevc")))
        {
            Assert.True(_places.TryGetValue(Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(slice)), out var place), $"{mp4} holds a picture that the camera never sent, behind {string.Join(", ", stretches)}");
            if (place == expected)
                stretches[^1] = (stretches[^1].First, stretches[^1].Count + 1);
            else
                stretches.Add((place, 1));
            expected = (place + 1) % Count;
        }
        return stretches;
    }

    /// <summary>A track of a file as ffmpeg copies it out, raw: without times, so that those too near to each other for its counting of pictures are no fault.</summary>
    public static Task<byte[]> ElementaryAsync(string mp4, string track, string format)
        => Tool.RunAsync("ffmpeg", "-v", "error", "-i", mp4, "-map", $"0:{track}:0", "-c", "copy", "-bsf", "setts=ts=N", "-f", format, "-");

    private static List<byte[]> Slices(Codec codec, byte[] annexB)
        => Clip.Nals(annexB).FindAll(nal => nal.Length > 0 && (codec == Codec.H264 ? (nal[0] & 0x1F) is >= 1 and <= 5 : nal[0] >> 1 <= 31));
}

/// <summary>The time line of a file as others read it.</summary>
internal static class PictureTimes
{
    private const int LeftOver90k = 18_000;                 // what is gathered in the socket below the low-water mark

    /// <summary>
    /// Every picture begins where the one before ends, from the first to the last, runs and segments joined. Only before a picture that begins a run may the one
    /// before stand still a little: where the recorder had ended its fragment already when more sound came, and then the connection broke.
    /// </summary>
    /// <param name="runs">Pictures of each run, where some sound may outlast a run.</param>
    public static async Task FollowEachOtherAsync(string mp4, IEnumerable<int>? runs = null)
    {
        var begins = new HashSet<int>();
        foreach (var pictures in runs ?? [])
            begins.Add((begins.Count == 0 ? 0 : begins.Max()) + pictures);
        var lines = (await Tool.TextAsync("ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "packet=dts,duration", "-of", "csv=p=0", mp4)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var packets = lines.Select(line => line.TrimEnd(',').Split(',')).Select(f => (Dts: Number(f[0]), Duration: Number(f[1]))).ToList();
        Assert.True(packets.Count > 1);
        for (var i = 1; i < packets.Count; i++)
        {
            var hole = packets[i].Dts - packets[i - 1].Dts - packets[i - 1].Duration;
            Assert.True(hole == 0 || begins.Contains(i) && hole is > 0 and <= LeftOver90k, $"picture {i} of {mp4} begins at {packets[i].Dts}, the one before ends at {packets[i].Dts - hole}; runs begin at {string.Join(", ", begins)}");
        }

        static long Number(string field) => long.Parse(field, System.Globalization.CultureInfo.InvariantCulture);
    }
}

/// <summary>Audio of a camera, to tell whether a file holds an unbroken stretch of it.</summary>
internal static class SourceAudio
{
    /// <summary>Frames of the track: AAC without its ADTS heads, G.711 in packets of 20 ms. Fails when they are no stretch of the clip played round and round.</summary>
    public static async Task<int> CountStretchAsync(string mp4, string clip)
    {
        var format = Path.GetExtension(clip) switch { ".aac" => "adts", ".alaw" => "alaw", _ => "mulaw" };
        var source = Frames(format, await File.ReadAllBytesAsync(await Clips.FindAsync(clip)));
        var found = Frames(format, await SourceClip.ElementaryAsync(mp4, "a", format));
        Assert.Contains(Enumerable.Range(0, source.Count), start => found.Select((frame, i) => frame.AsSpan().SequenceEqual(source[(start + i) % source.Count])).All(same => same));
        return found.Count;
    }

    private static List<byte[]> Frames(string format, byte[] bytes)
    {
        if (format != "adts")
            return [.. bytes.Chunk(160).Where(packet => packet.Length == 160)];
        var frames = new List<byte[]>();
        for (var at = 0; at < bytes.Length;)
        {
            var length = (bytes[at + 3] & 3) << 11 | bytes[at + 4] << 3 | bytes[at + 5] >> 5;
            frames.Add(bytes[(at + ((bytes[at + 1] & 1) == 1 ? 7 : 9))..(at + length)]);
            at += length;
        }
        return frames;
    }
}
