using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace EdgeRecorder.Tests.SystemTests;

/// <summary>
/// The samples of a fragmented MP4 byte for byte, read by ISO/IEC 14496-12 and nothing of ours: ffmpeg would write parameter sets of its own between them.
/// </summary>
internal sealed class RecordedTracks
{
    private readonly Dictionary<uint, (string Kind, List<byte[]> Samples)> _tracks = [];

    private RecordedTracks(ReadOnlySpan<byte> file)
    {
        foreach (var box in Boxes(file))
            if (box.Type == "moov")
                ReadTracks(file[box.Content]);
            else if (box.Type == "moof")
                ReadFragment(file, box);
    }

    /// <summary>Pictures in their order, as NAL units behind lengths of 4 bytes.</summary>
    public IReadOnlyList<byte[]> Video => Of("vide");

    public IReadOnlyList<byte[]> Audio => Of("soun");

    /// <summary>First 8 bytes of the SHA-256 over the NAL units of each picture, in hex: what the simulated terminal lists.</summary>
    public IReadOnlyList<string> VideoDigests => [.. Video.Select(sample => Digest([.. NalUnits(sample).SelectMany(nal => nal)]))];

    public IReadOnlyList<string> AudioDigests => [.. Audio.Select(Digest)];

    /// <summary>SHA-256 over all NAL units without start codes or lengths, in lower-case hex.</summary>
    public string VideoSha256 => Convert.ToHexStringLower(SHA256.HashData([.. Video.SelectMany(NalUnits).SelectMany(nal => nal)]));

    public string AudioSha256 => Convert.ToHexStringLower(SHA256.HashData([.. Audio.SelectMany(frame => frame)]));

    public static RecordedTracks Read(string file) => new(File.ReadAllBytes(file));

    private static string Digest(byte[] bytes) => Convert.ToHexString(SHA256.HashData(bytes).AsSpan(0, 8));

    private List<byte[]> Of(string kind) => _tracks.Values.FirstOrDefault(t => t.Kind == kind).Samples ?? [];

    private static IEnumerable<byte[]> NalUnits(byte[] sample)
    {
        for (var at = 0; at < sample.Length;)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(sample.AsSpan(at));
            yield return sample[(at + 4)..(at + 4 + length)];
            at += 4 + length;
        }
    }

    private void ReadTracks(ReadOnlySpan<byte> moov)
    {
        foreach (var trak in Boxes(moov).Where(b => b.Type == "trak"))
        {
            var content = moov[trak.Content];
            var tkhd = content[Find(content, "tkhd")];
            var mdia = content[Find(content, "mdia")];
            var hdlr = mdia[Find(mdia, "hdlr")];
            // Full boxes: version and flags, then times (64 bits in version 1) and the id; version and flags, 4 bytes, the handler.
            var id = BinaryPrimitives.ReadUInt32BigEndian(tkhd[(tkhd[0] == 1 ? 20 : 12)..]);
            _tracks[id] = (Encoding.ASCII.GetString(hdlr.Slice(8, 4)), []);
        }
    }

    private void ReadFragment(ReadOnlySpan<byte> file, Box moof)
    {
        var content = file[moof.Content];
        foreach (var traf in Boxes(content).Where(b => b.Type == "traf"))
        {
            var boxes = content[traf.Content];
            var tfhd = boxes[Find(boxes, "tfhd")];
            var tfhdFlags = BinaryPrimitives.ReadUInt32BigEndian(tfhd) & 0xFFFFFF;
            var samples = _tracks[BinaryPrimitives.ReadUInt32BigEndian(tfhd[4..])].Samples;
            var skip = 8 + ((tfhdFlags & 1) != 0 ? 8 : 0) + ((tfhdFlags & 2) != 0 ? 4 : 0) + ((tfhdFlags & 8) != 0 ? 4 : 0);
            var defaultSize = (tfhdFlags & 0x10) != 0 ? BinaryPrimitives.ReadUInt32BigEndian(tfhd[skip..]) : 0;
            foreach (var run in Boxes(boxes).Where(b => b.Type == "trun"))
                ReadRun(file, moof.Begin, boxes[run.Content], defaultSize, samples);
        }
    }

    private static void ReadRun(ReadOnlySpan<byte> file, int moof, ReadOnlySpan<byte> trun, uint defaultSize, List<byte[]> samples)
    {
        var flags = BinaryPrimitives.ReadUInt32BigEndian(trun) & 0xFFFFFF;
        var count = BinaryPrimitives.ReadInt32BigEndian(trun[4..]);
        Assert.True((flags & 1) != 0, "a run without data offset");
        var at = moof + BinaryPrimitives.ReadInt32BigEndian(trun[8..]);
        var entry = trun[(12 + ((flags & 4) != 0 ? 4 : 0))..];
        for (var i = 0; i < count; i++)
        {
            entry = entry[((flags & 0x100) != 0 ? 4 : 0)..];
            var size = (flags & 0x200) != 0 ? BinaryPrimitives.ReadUInt32BigEndian(entry) : defaultSize;
            entry = entry[(((flags & 0x200) != 0 ? 4 : 0) + ((flags & 0x400) != 0 ? 4 : 0) + ((flags & 0x800) != 0 ? 4 : 0))..];
            samples.Add(file.Slice(at, (int)size).ToArray());
            at += (int)size;
        }
    }

    private static Range Find(ReadOnlySpan<byte> boxes, string type) => Boxes(boxes).First(b => b.Type == type).Content;

    private static List<Box> Boxes(ReadOnlySpan<byte> bytes)
    {
        var boxes = new List<Box>();
        for (var at = 0; at + 8 <= bytes.Length;)
        {
            var size = (long)BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);
            var head = 8;
            if (size == 1)
                (size, head) = (BinaryPrimitives.ReadInt64BigEndian(bytes[(at + 8)..]), 16);
            boxes.Add(new Box(Encoding.ASCII.GetString(bytes.Slice(at + 4, 4)), at, (at + head)..(int)(at + size)));
            at += (int)size;
        }
        return boxes;
    }

    private readonly record struct Box(string Type, int Begin, Range Content);
}
