using System.Collections.Concurrent;
using System.Globalization;
using EdgeRecorder.Media;

namespace EdgeRecorder.Tests.Media;

/// <summary>Real media as a source delivers it, made by ffmpeg once per test run and cut into access units at the delimiters the encoder was told to write.</summary>
internal sealed class Clip
{
    private static readonly ConcurrentDictionary<string, Lazy<Task<Clip>>> Made = new();

    public required Track? Video { get; init; }
    public required Track? Audio { get; init; }

    /// <summary>Both tracks in the order in which a source sends them.</summary>
    public required IReadOnlyList<Unit> Units { get; init; }

    public IEnumerable<Unit> Pictures => Units.Where(unit => unit.Track.IsVideo);
    public IEnumerable<Unit> Frames => Units.Where(unit => !unit.Track.IsVideo);
    public IReadOnlyList<Track> Tracks => [.. new[] { Video, Audio }.OfType<Track>()];

    /// <summary>An access unit before a payload is made of it.</summary>
    /// <param name="SendUs">When the source sends it, from its start.</param>
    public sealed record Unit(Track Track, long Pts, bool IsSync, byte[] Bytes, long SendUs);

    /// <param name="bFrames">B pictures between two others.</param>
    public static Task<Clip> MakeAsync(Codec? video, Codec? audio, double seconds = 4, int gop = 25, int bFrames = 0, int width = 160)
        => Made.GetOrAdd(string.Create(CultureInfo.InvariantCulture, $"{video} {audio} {seconds} {gop} {bFrames} {width}"),
            _ => new(() => CreateAsync(video, audio, seconds, gop, bFrames, width))).Value;

    private static async Task<Clip> CreateAsync(Codec? video, Codec? audio, double seconds, int gop, int bFrames, int width)
    {
        using var directory = new TemporaryDirectory();
        var units = new List<Unit>();
        Track? videoTrack = null;
        Track? audioTrack = null;
        if (video is { } codec)
        {
            var ts = directory.File("v.ts");
            var options = $"keyint={gop}:min-keyint={gop}:scenecut=0:bframes={bFrames}:aud=1:repeat-headers=1" + (codec == Codec.H264 ? ":b-pyramid=0" : ":open-gop=0:log-level=none");
            string[] encoder = codec == Codec.H264 ? ["-c:v", "libx264", "-x264-params", options] : ["-c:v", "libx265", "-x265-params", options];
            await Tool.RunAsync("ffmpeg", ["-v", "error", "-f", "lavfi", "-i", $"testsrc2=size={width}x{width * 3 / 4}:rate=25", "-t", Text(seconds), "-pix_fmt", "yuv420p", "-preset", "ultrafast", .. encoder, "-f", "mpegts", ts]);
            var annexB = await Tool.RunAsync("ffmpeg", "-v", "error", "-i", ts, "-c", "copy", "-f", codec == Codec.H264 ? "h264" : "hevc", "-");
            var probe = await Tool.TextAsync("ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "packet=pts,dts,flags", "-of", "csv=p=0", ts);
            var times = probe.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(',')).ToList();
            var pictures = AccessUnits(codec, Nals(annexB)).ToList();
            Assert.Equal(times.Count, pictures.Count);
            videoTrack = new Track { Codec = codec, TimeScale = 90_000, Width = width, Height = width * 3 / 4, ParameterSets = ParameterSetsOf(codec, pictures[0]) };
            var first = times.Min(time => Number(time[0]));
            var firstDts = Number(times[0][1]);
            units.AddRange(pictures.Zip(times, (nals, time) =>
                new Unit(videoTrack, Number(time[0]) - first, time[2].StartsWith('K'), LengthPrefixed(nals), (Number(time[1]) - firstDts) * 100 / 9)));
        }
        if (audio == Codec.Aac)
        {
            var adts = await Tool.RunAsync("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000", "-t", Text(seconds), "-ac", "1", "-c:a", "aac", "-f", "adts", "-");
            audioTrack = new Track { Codec = Codec.Aac, TimeScale = 48_000, ChannelCount = 1, AudioSpecificConfig = [0x11, 0x88] };
            var at = 0;
            for (var i = 0; at < adts.Length; i++)
            {
                var length = (adts[at + 3] & 3) << 11 | adts[at + 4] << 3 | adts[at + 5] >> 5;
                units.Add(new Unit(audioTrack, i * 1024L, true, adts[(at + 7)..(at + length)], i * 1024L * 1000 / 48));
                at += length;
            }
        }
        else if (audio is { } law)
        {
            var bytes = await Tool.RunAsync("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=8000", "-t", Text(seconds), "-ac", "1", "-f", law == Codec.G711A ? "alaw" : "mulaw", "-");
            audioTrack = new Track { Codec = law, TimeScale = 8000, ChannelCount = 1 };
            units.AddRange(bytes.Chunk(160).Select((packet, i) => new Unit(audioTrack, i * 160L, true, packet, i * 20_000L)));
        }
        return new Clip { Video = videoTrack, Audio = audioTrack, Units = [.. units.OrderBy(unit => unit.SendUs)] };
    }

    /// <summary>NAL units of an Annex B stream, without start codes.</summary>
    public static List<byte[]> Nals(byte[] stream)
    {
        var nals = new List<byte[]>();
        var start = -1;
        for (var i = 0; i + 2 < stream.Length; i++)
        {
            if (stream[i] != 0 || stream[i + 1] != 0 || stream[i + 2] != 1)
                continue;
            if (start >= 0)
                nals.Add(stream[start..(stream[i - 1] == 0 ? i - 1 : i)]);
            start = i + 3;
            i += 2;
        }
        if (start >= 0)
            nals.Add(stream[start..]);
        return nals;
    }

    /// <summary>NAL units of samples with 4-byte lengths.</summary>
    public static IEnumerable<byte[]> Nals(IEnumerable<byte[]> samples)
    {
        foreach (var sample in samples)
            for (var at = 0; at < sample.Length;)
            {
                var length = System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(sample.AsSpan(at));
                yield return sample[(at + 4)..(at + 4 + length)];
                at += 4 + length;
            }
    }

    private static IEnumerable<List<byte[]>> AccessUnits(Codec codec, List<byte[]> nals)
    {
        List<byte[]> unit = [];
        foreach (var nal in nals)
        {
            var isDelimiter = codec == Codec.H264 ? (nal[0] & 0x1F) == 9 : nal[0] >> 1 == 35;
            if (isDelimiter && unit.Count > 0)
            {
                yield return unit;
                unit = [];
            }
            unit.Add(nal);
        }
        yield return unit;
    }

    private static byte[][] ParameterSetsOf(Codec codec, List<byte[]> picture)
        => [.. picture.Where(nal => codec == Codec.H264 ? (nal[0] & 0x1F) is 7 or 8 : nal[0] >> 1 is 32 or 33 or 34)];

    private static byte[] LengthPrefixed(List<byte[]> nals)
    {
        using var bytes = new MemoryStream();
        Span<byte> length = stackalloc byte[4];
        foreach (var nal in nals)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(length, nal.Length);
            bytes.Write(length);
            bytes.Write(nal);
        }
        return bytes.ToArray();
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
    private static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);
}
