using EdgeRecorder.Jt808;

namespace EdgeRecorder.Tests.Jt808;

public sealed class PackageAssemblerTests
{
    private const string Whole = "01040000000201260115080000260115081000000000000000000000010100A0000002260115080000260115081000000000010000000000010100500000";

    private readonly AssemblyBudget _budget = new(16 * 1024 * 1024);
    private readonly PackageAssembler _assembler;

    public PackageAssemblerTests() => _assembler = new(_budget);

    [Theory]
    [InlineData("K16", "K17")]
    [InlineData("K17", "K16")]
    [InlineData("K16", "K18")]                               // the second one in a 2019 header: the group is the connection's
    public void Packages_in_any_order_make_the_message(string one, string other)
    {
        Assert.Equal(PackageOutcome.Waiting, Add(Heard.Of(Vectors.Of(one)), 0).Outcome);
        var (outcome, body) = Add(Heard.Of(Vectors.Of(other)), 5);
        Assert.Equal((PackageOutcome.Complete, Whole), (outcome, body));
        Assert.Equal(0, _budget.Taken);
        var items = StoredResource.ParseList(Convert.FromHexString(body), out var replyTo);
        Assert.Equal((0x0104, 2), (replyTo, items.Count));
        Assert.Equal(new(1, new(2026, 1, 15, 8, 0, 0), new(2026, 1, 15, 8, 10, 0), 0, StoredKind.AudioVideo, StoredStream.Main, StorageUnit.Main, 10_485_760), items[0]);
        Assert.Equal(new(2, new(2026, 1, 15, 8, 0, 0), new(2026, 1, 15, 8, 10, 0), 1UL << 32, StoredKind.AudioVideo, StoredStream.Main, StorageUnit.Main, 5_242_880), items[1]);
    }

    [Fact]
    public void Two_messages_of_one_ID_that_overlap_do_not_mix()
    {
        Add(Package(serial: 10, total: 2, index: 1, "AA"), 0);
        Add(Package(serial: 13, total: 2, index: 2, "DD"), 0);
        Assert.Equal((PackageOutcome.Complete, "AABB"), Add(Package(serial: 11, total: 2, index: 2, "BB"), 0));
        Assert.Equal((PackageOutcome.Complete, "CCDD"), Add(Package(serial: 12, total: 2, index: 1, "CC"), 0));
    }

    [Fact]
    public void Serial_numbers_wrap_inside_a_message()
    {
        Add(Package(serial: 65535, total: 2, index: 1, "AA"), 0);
        Assert.Equal((PackageOutcome.Complete, "AABB"), Add(Package(serial: 0, total: 2, index: 2, "BB"), 0));
    }

    [Fact]
    public void Of_two_packages_with_one_index_the_first_counts()
    {
        Add(Package(1, 2, 1, "AA"), 0);
        Assert.Equal(PackageOutcome.Waiting, Add(Package(1, 2, 1, "FF"), 0).Outcome);
        Assert.Equal((PackageOutcome.Complete, "AABB"), Add(Package(2, 2, 2, "BB"), 0));
    }

    [Fact]
    public void A_package_sent_again_after_its_message_was_complete_begins_no_new_one()
    {
        Add(Package(1, 2, 1, "AA"), 0);
        Add(Package(2, 2, 2, "BB"), 0);
        Assert.Equal(PackageOutcome.Waiting, Add(Package(2, 2, 2, "BB"), 1000).Outcome);
        Assert.Empty(_assembler.Tick(20_000));
        Assert.Equal(0, _budget.Taken);
    }

    [Theory]
    [InlineData(2, 0)]
    [InlineData(2, 3)]
    [InlineData(513, 1)]
    [InlineData(0, 0)]
    public void Numbers_that_cannot_be_are_refused(int total, int index) => Assert.Equal(PackageOutcome.Refused, Add(Package(7, total, index, "AA"), 0).Outcome);

    [Fact]
    public void A_total_that_changes_ends_the_message()
    {
        Add(Package(1, 3, 1, "AA"), 0);
        Assert.Equal(PackageOutcome.Refused, Add(Package(2, 4, 2, "BB"), 0).Outcome);
        Assert.Equal((1, 0), (_assembler.Dropped, _budget.Taken));
    }

    [Fact]
    public void Missing_packages_are_asked_for_five_times_and_then_the_message_is_given_up()
    {
        Add(Package(0x51, 4, 2, "BB"), 0);
        Add(Package(0x53, 4, 4, "DD"), 0);
        Assert.Empty(_assembler.Tick(9_999));
        for (var round = 1; round <= 5; round++)
        {
            var request = Assert.Single(_assembler.Tick(round * 10_000));
            Assert.Equal(0x50, request.FirstSerial);
            Assert.Equal([1, 3], request.Indexes.Select(index => (int)index));
        }
        Assert.Empty(_assembler.Tick(60_000));
        Assert.Equal((1, 0), (_assembler.Dropped, _budget.Taken));
    }

    [Fact]
    public void A_message_that_comes_too_slowly_is_given_up_after_a_minute()
    {
        for (var second = 0; second < 60; second += 6)
        {
            Add(Package(second / 6, 100, second / 6 + 1, "AA"), second * 1000);
            Assert.Empty(_assembler.Tick(second * 1000));
        }
        Assert.Empty(_assembler.Tick(60_000));
        Assert.Equal(1, _assembler.Dropped);
    }

    [Fact]
    public void The_fifth_message_at_a_time_pushes_out_the_one_that_is_silent_longest()
    {
        for (var group = 0; group < 5; group++)
            Add(Package(group * 10 + 1, 2, 1, "AA"), group == 0 ? 0 : group * 1000);
        Assert.Equal(1, _assembler.Dropped);
        Assert.Equal(PackageOutcome.Complete, Add(Package(12, 2, 2, "BB"), 9000).Outcome);
    }

    [Fact]
    public void A_connection_keeps_no_more_than_a_megabyte()
    {
        var body = new string('A', 2 * 1000);
        var outcomes = Enumerable.Range(0, 4).SelectMany(group => Enumerable.Range(1, 511).Select(index => Add(Package(group * 1000 + index, 512, index, body), 0).Outcome)).ToList();
        Assert.Contains(PackageOutcome.NoRoom, outcomes);
        Assert.InRange(_budget.Taken, 500 * 1000, PackageAssembler.MostBytes);
        _assembler.Clear();
        Assert.Equal(0, _budget.Taken);
    }

    [Fact]
    public void All_connections_together_keep_no_more_than_the_budget()
    {
        var budget = new AssemblyBudget(10_000);
        var other = new PackageAssembler(budget);
        var outcomes = Enumerable.Range(1, 20).Select(index => Add(other, Package(index, 100, index, new string('A', 2000)), 0).Outcome).ToList();
        Assert.Contains(PackageOutcome.NoRoom, outcomes);
        Assert.InRange(budget.Taken, 0, 10_000);
    }

    [Fact]
    public void Any_packages_in_any_order_keep_the_limits()
    {
        var random = new Random(1205);
        var nowMs = 0L;
        for (var round = 0; round < 20_000; round++)
        {
            Add(Package(random.Next(40), random.Next(6), random.Next(6), new string('A', random.Next(20) * 2)), nowMs += random.Next(300));
            if (round % 10 == 0)
                Assert.All(_assembler.Tick(nowMs), request => Assert.NotEmpty(request.Indexes));
            Assert.InRange(_budget.Taken, 0, PackageAssembler.MostGroups * (5 * (40 + 32) + 64));
        }
        _assembler.Clear();
        Assert.Equal(0, _budget.Taken);
    }

    private (PackageOutcome Outcome, string Body) Add(Heard heard, long nowMs) => Add(_assembler, heard, nowMs);

    private static (PackageOutcome Outcome, string Body) Add(PackageAssembler assembler, Heard heard, long nowMs)
    {
        var message = new TerminalMessage
        {
            Id = heard.Id,
            Layout = heard.Layout,
            HasVersionFlag = heard.HasVersionFlag,
            Version = heard.Version,
            IsEncrypted = heard.IsEncrypted,
            Phone = Convert.FromHexString(heard.Phone),
            Serial = heard.Serial,
            IsPackage = true,
            Total = heard.Total,
            Index = heard.Index,
            Body = heard.Body,
        };
        return (assembler.Add(message, nowMs, out var body), Convert.ToHexString(body.Span));
    }

    private static Heard Package(int serial, int total, int index, string body)
        => Heard.Of(Wire.Frame($"1205 {0x2000 | body.Length / 2:X4} 013912345678 {(ushort)serial:X4} {total:X4} {index:X4} {body}"));
}
