using EdgeRecorder.H26x;
using EdgeRecorder.Media;
using EdgeRecorder.Tests.Bytes;
using EdgeRecorder.Tests.Simulators;

namespace EdgeRecorder.Tests.H26x;

public sealed class AnnexBFeedTests
{
    private static readonly byte[] Unit = Convert.FromHexString("0000000109F0000000016742C01E9A740A0FE40000000168CE3C8000000106050100800000000001658880400000030001BBCC0102000001418E00000300000000");

    [Fact]
    public void A_unit_is_cut_the_same_wherever_its_pieces_end()
    {
        var whole = Cut([Unit]);
        Assert.Equal(["09F0", "6742C01E9A740A0FE4", "68CE3C80", "0605010080", "658880400000030001BBCC0102", "418E000003"], whole);
        for (var first = 0; first <= Unit.Length; first++)
            for (var second = first; second <= Unit.Length; second++)
                Assert.Equal(whole, Cut([Unit[..first], Unit[first..second], Unit[second..]]));
        Assert.Equal(whole, Cut([.. Unit.Select(value => (byte[])[value])]));
    }

    [Theory]
    [InlineData("658880400000030001BB", "658880400000030001BB")]              // no start code at all
    [InlineData("0001AF0602", "0001AF0602")]                                  // H.265 TRAIL_N without a start code begins with 00 01
    [InlineData("000001658880", "658880")]                                    // three bytes
    [InlineData("00000000000001658880", "658880")]                            // leading zeros
    [InlineData("6588804000000001419A01", "65888040|419A01")]                // only the first is missing
    [InlineData("00000001", "")]
    [InlineData("000000", "")]
    public void What_terminals_leave_out_is_understood(string unit, string expected)
    {
        var bytes = Convert.FromHexString(unit);
        var nals = expected.Split('|', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(nals, Cut([bytes], expected.StartsWith("0001", StringComparison.Ordinal) ? Codec.H265 : Codec.H264));
        Assert.Equal(nals, Cut([.. bytes.Select(value => (byte[])[value])], expected.StartsWith("0001", StringComparison.Ordinal) ? Codec.H265 : Codec.H264));
    }

    [Fact]
    public async Task A_stream_in_pieces_of_950_bytes_has_the_NAL_units_of_the_whole()
    {
        foreach (var (clip, codec) in ((string, Codec)[])[("small.h264", Codec.H264), ("small.h265", Codec.H265)])
        {
            var stream = await File.ReadAllBytesAsync(await Clips.FindAsync(clip));
            var expected = new List<string>();
            foreach (var nal in AnnexB.Split(stream))
                if (NalHead.Read(codec, nal).Kind == NalKind.Slice)
                    expected.Add(Convert.ToHexString(nal));
            Assert.Equal(expected, Slices(Cut([.. stream.Chunk(950)], codec), codec));
        }
    }

    [Fact]
    public void Damaged_units_raise_nothing()
    {
        foreach (var damaged in Damage.Of(Unit))
            Cut([.. damaged.Chunk(7)]);
    }

    private static IEnumerable<string> Slices(IEnumerable<string> nals, Codec codec)
        => nals.Where(nal => NalHead.Read(codec, Convert.FromHexString(nal[..Math.Min(nal.Length, 24)])).Kind == NalKind.Slice);

    private static string[] Cut(byte[][] pieces, Codec codec = Codec.H264)
    {
        using var picture = new PictureWriter(codec, new PayloadWriter(ChunkPool.Video));
        var feed = new AnnexBFeed(picture);
        foreach (var piece in pieces)
            feed.Append(piece);
        feed.End();
        var payload = picture.Take();
        var bytes = payload.Length == 0 ? [] : payload.ToArray();
        if (payload.Length > 0)
            payload.Release();
        List<string> nals = [];
        for (var at = 0; at < bytes.Length;)
        {
            var length = System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at));
            nals.Add(Convert.ToHexString(bytes, at + 4, length));
            at += 4 + length;
        }
        return [.. nals];
    }
}
