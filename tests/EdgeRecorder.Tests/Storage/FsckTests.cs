using EdgeRecorder.Storage;
using EdgeRecorder.Storage.Format;

namespace EdgeRecorder.Tests.Storage;

public sealed class FsckTests : IDisposable
{
    private static readonly StreamKey Gate = new(1, 0), Yard = new(2, 0);
    private readonly RingBench _bench = new(segments: 16);
    private readonly DeviceKey _key;

    public FsckTests()
    {
        _key = DeviceKey.Open(Path.Combine(_bench.Folder, "keys"));
        _bench.Options = _bench.Options with { Sign = _key.Sign };
        _bench.Open();
        _bench.Record(Gate, 500);
        _bench.Record(Yard, 500);
        Wait.Until(() => _bench.Ring.Status().Available >= 2);
        _bench.Ring.Dispose();
    }

    public void Dispose()
    {
        _bench.Dispose();
        _key.Dispose();
    }

    [Fact]
    public void A_ring_that_lapped_is_clean()
    {
        var (code, text) = Run();
        Assert.True(code == 0, text);
        Assert.Contains("16 segments", text, StringComparison.Ordinal);
        Assert.Contains(" 0 findings", text, StringComparison.Ordinal);
        Assert.DoesNotContain("(0 signed)", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_ring_in_use_and_one_that_was_cut_off_are_clean()
    {
        _bench.Open();
        _bench.Record(Gate, 100);
        using (var stream = _bench.Ring.OpenStream(Gate, RingBench.Identity(1), 0))
        {
            var running = Task.Run(() =>
            {
                for (var i = 0; i < 400; i++)
                {
                    var fragment = _bench.Next(Gate);
                    Wait.Until(() => stream.Offer(fragment));
                    fragment.Release();
                }
            });
            do
            {
                var (code, text) = Run();
                Assert.True(code == 0, text);
            }
            while (!running.IsCompleted);
            await running;
        }
    }

    [Fact]
    public void Every_flipped_bit_of_a_header_a_record_or_a_seal_is_found()
    {
        var random = new Random(3);
        var (volume, _) = Volume.Read(_bench.Options.Folder)!.Value;
        using var key = DeviceKey.ReadPublic(Path.Combine(_bench.Folder, "keys"));
        var flips = 0;
        foreach (var path in Directory.GetFiles(_bench.Options.Folder, "*.mp4", SearchOption.AllDirectories).Order())
        {
            var bytes = File.ReadAllBytes(path);
            var number = int.Parse(Path.GetFileNameWithoutExtension(path), System.Globalization.CultureInfo.InvariantCulture);
            var clean = Audit(bytes);
            Assert.Empty(clean.Findings);
            if (clean.State != AuditedState.Sealed)
                continue;
            var seal = clean.Seal!;
            List<(int From, int Length)> parts = [(0, clean.Header!.Length), (clean.Header.Geometry.SealOffset, 24 + seal.Signed.Length + seal.Signature.Length + 4)];
            parts.AddRange(Enumerable.Range(0, 8).Select(_ => seal.Records[random.Next(seal.Records.Count)]).Select(r => (r.Offset, r.RecordLength)));
            parts.AddRange(Enumerable.Range(0, 8).Select(_ => seal.Records[random.Next(seal.Records.Count)]).Select(r => (r.Offset, RecordHeader.Length)));
            foreach (var (from, length) in parts.Concat(parts))
            {
                var (at, bit) = (from + random.Next(length), 1 << random.Next(8));
                bytes[at] ^= (byte)bit;
                Assert.True(Audit(bytes).Findings.Count > 0, $"{path}: bit {bit} at {at} was missed");
                bytes[at] ^= (byte)bit;
                flips++;
            }

            SegmentAudit Audit(byte[] content)
            {
                var audit = new SegmentAudit(new MemoryFile(content), content.Length, volume, number, key);
                audit.Run(neverUsed: false);
                return audit;
            }
        }
        Assert.True(flips > 200, $"{flips} flips");
    }

    [Fact]
    public void What_is_wrong_is_named_with_its_file()
    {
        var sealedFile = Files().First(f => Header(f) is var h && new FileInfo(f).Length > 0 && SegmentScan.ReadSeal(new MemoryFile(File.ReadAllBytes(f)), h) is not null);
        var bytes = File.ReadAllBytes(sealedFile);
        bytes[40_000] ^= 1;
        File.WriteAllBytes(sealedFile, bytes);
        File.WriteAllText(Path.Combine(_bench.Options.Folder, "holiday.mp4"), "not ours");
        var twice = Files().First(f => f != sealedFile && !f.EndsWith("holiday.mp4", StringComparison.Ordinal));
        File.Copy(sealedFile, twice, overwrite: true);
        var (code, text) = Run();
        Assert.Equal(1, code);
        Assert.Contains("holiday.mp4: is no file of the ring", text, StringComparison.Ordinal);
        Assert.Contains("CRC does not match", text, StringComparison.Ordinal);
        Assert.Contains("belongs to segment", text, StringComparison.Ordinal);
        Assert.Contains("ring/0000/" + Path.GetFileName(sealedFile), text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_a_ring_is_a_finding()
    {
        using var output = new StringWriter();
        Assert.Equal(1, Fsck.Run(Path.Combine(_bench.Folder, "keys"), output, TextWriter.Null));
        Assert.Contains("no ring here", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_recipe_of_the_documentation_finds_with_openssl_what_the_seal_says()
    {
        var path = Files().First(f => SegmentScan.ReadSeal(new MemoryFile(File.ReadAllBytes(f)), Header(f)) is not null);
        var seal = SegmentScan.ReadSeal(new MemoryFile(File.ReadAllBytes(path)), Header(path))!;
        var recipe = await File.ReadAllTextAsync(Path.Combine(Simulators.Clips.Root, "docs", "evidence.md"));
        var script = string.Join('\n', recipe.Split("```sh\n").Skip(1).Select(part => part[..part.IndexOf("```", StringComparison.Ordinal)]));
        var text = await Media.Tool.TextAsync("bash", "-euc",
            $"SEGMENT='{path}'\nKEY='{Path.Combine(_bench.Folder, "keys", DeviceKey.PublicName)}'\ncd '{_bench.Folder}'\nRECORD=3\n{script}");
        Assert.Contains($"h0 {Convert.ToHexStringLower(Header(path).Hash)}", text, StringComparison.Ordinal);
        var digest = seal.Records[2].Digest;
        Assert.Contains($"d {Convert.ToHexStringLower(digest)}", text, StringComparison.Ordinal);
        Assert.Contains("d in the seal is the same", text, StringComparison.Ordinal);
        Assert.Contains("h is the record's", text, StringComparison.Ordinal);
        Assert.Contains("Verified OK", text, StringComparison.Ordinal);
    }

    private List<string> Files() => [.. Directory.GetFiles(_bench.Options.Folder, "*.mp4", SearchOption.AllDirectories).Order()];

    private static SegmentHeader Header(string path) => SegmentScan.ReadHeader(new MemoryFile(File.ReadAllBytes(path)), new FileInfo(path).Length);

    private (int Code, string Text) Run()
    {
        using var output = new StringWriter();
        var code = Fsck.Run(_bench.Folder, output, TextWriter.Null);
        return (code, output.ToString());
    }

    private sealed class MemoryFile(byte[] bytes) : ISegmentFile
    {
        public int Read(Span<byte> target, long offset)
        {
            var count = (int)Math.Max(0, Math.Min(target.Length, bytes.Length - offset));
            bytes.AsSpan((int)offset, count).CopyTo(target);
            return count;
        }

        public void Write(ReadOnlySpan<byte> source, long offset) => throw new InvalidOperationException("read only");
        public void Write(EdgeRecorder.Platform.Linux.GatherList list, long offset) => throw new InvalidOperationException("read only");
        public void StartWriteback(long offset, long length) => throw new InvalidOperationException("read only");
        public void DataSync() => throw new InvalidOperationException("read only");
        public void DropCache(long offset, long length) => throw new InvalidOperationException("read only");
        public void Dispose() { }
    }
}
