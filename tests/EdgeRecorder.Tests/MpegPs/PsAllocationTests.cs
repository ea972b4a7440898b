using System.Diagnostics;
using EdgeRecorder.Media;
using EdgeRecorder.MpegPs;
using EdgeRecorder.Tests.Jt1078;
using EdgeRecorder.Tests.Recording;
using Xunit.Abstractions;

namespace EdgeRecorder.Tests.MpegPs;

[Collection(nameof(AllocationTests))]
public sealed class PsAllocationTests(ITestOutputHelper output)
{
    [Fact]
    public void A_stream_costs_nothing_but_chunks()
    {
        List<(byte[] Bytes, PsPiece Piece)> pieces = [];
        for (var i = 0; i < 3000; i++)
        {
            var pts = i * 3600L;
            byte[] frame =
            [
                .. PsBuilder.Pack(pts), .. i % 10 == 0 ? PsBuilder.Map((0x1B, 0xE0), (0x90, 0xC0)) : [], .. PsBuilder.Pes(0xE0, HubRig.Picture(i, 10_000), pts),
                .. PsBuilder.Pes(0xC0, new byte[320], pts),
            ];
            var chunks = frame.Chunk(1400).ToList();
            pieces.AddRange(chunks.Select((bytes, at) => (bytes, new PsPiece((uint)pts, at == chunks.Count - 1, false, i * 40_000L))));
        }
        var tap = new ReleasingSink();
        using var receiver = new PsReceiver(tap);
        var third = pieces.Count / 3;
        for (var i = 0; i < third; i++)
            receiver.Add(pieces[i].Bytes, pieces[i].Piece);
        var (before, started) = (GC.GetAllocatedBytesForCurrentThread(), Stopwatch.GetTimestamp());
        for (var i = third; i < pieces.Count; i++)
            receiver.Add(pieces[i].Bytes, pieces[i].Piece);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        var bytes = pieces.Skip(third).Sum(piece => (long)piece.Bytes.Length);
        output.WriteLine($"{Stopwatch.GetElapsedTime(started).TotalNanoseconds / bytes:F2} ns per byte over {bytes} bytes (this build, this machine)");
        Assert.InRange(allocated, 0, 40 * (bytes / ChunkPool.Video.ChunkSize));
        Assert.InRange(tap.Units, 5900, 6000);
    }

    private sealed class ReleasingSink : ISourceSink
    {
        public int Units { get; private set; }

        public void Announce(IReadOnlyList<Track> tracks)
        {
        }

        public void Add(in AccessUnit unit)
        {
            unit.Payload.Release();
            Units++;
        }

        public void Lost(int accessUnits, string why) => throw new InvalidOperationException(why);
    }
}
