using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Recording;
using EdgeRecorder.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeRecorder.Tests.Recording;

public sealed class GapJournalTests
{
    private static readonly StreamKey Gate = new(1, 0), Yard = new(2, 0);
    private readonly Ledger _ledger = new();
    private readonly ManualTime _time = new();

    [Fact]
    public async Task Losses_of_a_second_are_one_write_for_the_whole_box()
    {
        await using var journal = new GapJournal(_ledger, 7, _time, NullLogger.Instance);
        for (var i = 0; i < 200; i++)
            journal.Add(i % 2 == 0 ? Gate : Yard, GapReason.Loss, i * 1000, i * 1000 + 500);
        await RecorderRig.Until(() => _time.Waiting.Count > 0, "a batch");
        Assert.Empty(_ledger.Writes);
        _time.Advance(TimeSpan.FromSeconds(1));
        await RecorderRig.Until(() => _ledger.Writes.Count > 0, "the write");
        await journal.DisposeAsync();
        Assert.Equal(200, _ledger.Writes.Sum(write => write.Count));
        Assert.InRange(_ledger.Writes.Count, 1, 2);
        Assert.Equal(Enumerable.Range(0, 200).Select(i => i * 1000L), _ledger.Writes.SelectMany(write => write).Select(change => change.From.BoottimeUs));
        Assert.All(_ledger.Writes.SelectMany(write => write), change => Assert.Equal(7, change.From.BootNumber));
    }

    [Fact]
    public async Task A_gap_that_opens_waits_for_nothing_and_takes_along_what_waited()
    {
        await using var journal = new GapJournal(_ledger, 7, _time, NullLogger.Instance);
        journal.Add(Gate, GapReason.Loss, 1000, 2000);
        journal.Open(Gate, GapReason.Offline, 3000);
        await RecorderRig.Until(() => _ledger.Writes.Sum(write => write.Count) == 2, "both");
        journal.Close(Gate, 4000);
        await RecorderRig.Until(() => _ledger.Writes.Sum(write => write.Count) == 3, "the end");
        Assert.Equal([GapChange.Kind.Add, GapChange.Kind.Open, GapChange.Kind.Close], _ledger.Writes.SelectMany(write => write).Select(change => change.What));
    }

    [Fact]
    public async Task What_cannot_be_written_costs_no_other_change_and_a_stop_writes_what_waits()
    {
        _ledger.Refuses = change => change.From.BoottimeUs == 2000;
        await using (var journal = new GapJournal(_ledger, 7, _time, NullLogger.Instance))
            for (var i = 0; i < 4; i++)
                journal.Add(Gate, GapReason.Loss, i * 1000, i * 1000 + 500);
        Assert.Equal([0, 1000, 3000], _ledger.Writes.SelectMany(write => write).Select(change => change.From.BoottimeUs));
    }

    private sealed class Ledger : IGapLedger
    {
        private readonly List<List<GapChange>> _writes = [];

        public IReadOnlyList<IReadOnlyList<GapChange>> Writes { get { lock (_writes) return [.. _writes]; } }
        public Func<GapChange, bool> Refuses { get; set; } = _ => false;

        public void Write(IReadOnlyList<GapChange> changes)
        {
            if (changes.Any(Refuses))
                throw new InvalidOperationException("no room");
            lock (_writes)
                _writes.Add([.. changes]);
        }

        public void Evicted(StreamKey stream, BootInstant from, BootInstant to) => throw new NotSupportedException();
        public IReadOnlyList<(StreamKey Stream, GapReason Reason, BootInstant Since)> OpenGaps() => [];
        public IReadOnlyList<Gap> Overlapping(StreamKey stream, long fromUtcUs, long toUtcUs) => [];
        public IReadOnlyDictionary<GapReason, long> Counts() => new Dictionary<GapReason, long>();
    }
}
