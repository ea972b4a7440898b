using EdgeRecorder.Storage;

namespace EdgeRecorder.Tests.Storage;

public sealed class RingTests : IDisposable
{
    private static readonly StreamKey Gate = new(1, 0), Yard = new(2, 0);
    private readonly RingBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void What_is_offered_comes_back_whole_and_in_order()
    {
        _bench.Open().Record(Gate, 200);
        Assert.Equal(Enumerable.Range(1, 200), _bench.NumbersOf(Gate));
    }

    [Fact]
    public void A_killed_process_loses_nothing_that_was_written()
    {
        _bench.Open();
        _bench.Record(Gate, 120);
        Crash();
        _bench.Open();
        Assert.Equal(PreviousStop.Crash, _bench.Ring.PreviousStop);
        Assert.Equal(Enumerable.Range(1, 120), _bench.NumbersOf(Gate));
        _bench.Record(Gate, 60);
        Assert.Equal(Enumerable.Range(1, 180), _bench.NumbersOf(Gate));
    }

    [Fact]
    public void A_segment_that_goes_on_after_a_start_ends_between_GOPs_too()
    {
        _bench.Open().Record(Gate, 15, bytes: 60_000, gop: 3);  // five GOPs, and room for one fragment
        Crash();
        _bench.Open().Record(Gate, 15, bytes: 60_000, gop: 3);
        using var all = _bench.Ring.Lease(Gate, 0, long.MaxValue, fromSync: false);
        var segments = all.Fragments.GroupBy(f => (f.Segment, f.Generation)).ToList();
        Assert.Equal(30, all.Fragments.Count);
        Assert.InRange(segments.Count, 2, 3);
        Assert.All(segments, fragments => Assert.True(fragments.First().IsSync));
    }

    [Fact]
    public void A_new_segment_is_not_shown_before_what_its_stream_wrote_before_it()
    {
        _bench.Options = _bench.Options with { SyncPeriod = TimeSpan.FromHours(1) };    // only first records are shown
        _bench.Open();
        using var stream = _bench.Ring.OpenStream(Gate, RingBench.Identity(1), 0);
        for (var i = 0; i < 60; i++)                        // some 48 of them fill a segment
        {
            var fragment = _bench.Next(Gate, startsRun: i == 0);
            Wait.Until(() => stream.Offer(fragment));
            fragment.Release();
        }
        Wait.Until(() =>
        {
            var shown = _bench.NumbersOf(Gate);
            Assert.Equal(Enumerable.Range(1, shown.Count), shown);
            return shown.Count >= 40;                       // the first segment whole, and the first record of the second
        });
    }

    [Fact]
    public void The_ring_laps_with_the_newest_footage_and_the_same_files()
    {
        _bench.Open();
        var before = Files();
        _bench.Record(Gate, 3000);
        var numbers = _bench.NumbersOf(Gate);
        Assert.Equal(3000, numbers[^1]);
        Assert.Equal(Enumerable.Range(numbers[0], numbers.Count), numbers);
        Assert.InRange(numbers.Count, 800, 1600);           // 31 of 32 segments of some 48 records
        Assert.Equal(before, Files());
        Assert.NotEmpty(_bench.Observer.Evictions);
        Assert.Empty(_bench.Observer.Drops);
    }

    [Fact]
    public void Channels_share_the_ring()
    {
        _bench.Open();
        _bench.Record(Gate, 400);
        _bench.Record(Yard, 3000);
        var left = _bench.NumbersOf(Gate).Count;
        Assert.InRange(left, 300, 400);                     // the other channel was above its share, not this one
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Without_its_index_the_ring_knows_the_same(bool crashed)
    {
        _bench.Open();
        _bench.Record(Gate, 1700);
        _bench.Record(Yard, 300);
        Settle();
        var before = (Spans(Gate), Spans(Yard), _bench.NumbersOf(Gate));
        if (crashed)
            Crash();
        else
            _bench.Ring.Dispose();
        foreach (var file in Directory.GetFiles(_bench.Folder, "index.db*"))
            File.Delete(file);
        _bench.Open();
        Assert.Equal(before.Item1, Spans(Gate));
        Assert.Equal(before.Item2, Spans(Yard));
        Assert.Equal(before.Item3, _bench.NumbersOf(Gate));
    }

    [Fact]
    public void An_index_deleted_while_running_is_written_anew()
    {
        _bench.Open();
        _bench.Record(Gate, 300);
        foreach (var file in Directory.GetFiles(_bench.Folder, "index.db*"))
            File.Delete(file);
        _bench.Record(Gate, 1700);
        Settle();
        var before = Spans(Gate);
        _bench.Ring.Dispose();
        Assert.True(File.Exists(_bench.Options.IndexPath));
        _bench.Open();
        Assert.Equal(PreviousStop.Clean, _bench.Ring.PreviousStop);
        Assert.Equal(before, Spans(Gate));
    }

    [Fact]
    public void A_second_ring_on_the_same_folder_is_refused_by_name()
    {
        _bench.Open();
        var error = Assert.Throws<StorageException>(() => Ring.Open(_bench.Options, _bench.Clock, _bench.Observer, []));
        Assert.Contains("another edge-recorder", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_ring_larger_than_the_disk_is_refused_with_both_sizes()
    {
        var options = _bench.Options with { SizeBytes = 1L << 50, SegmentBytes = 1 << 30 };
        var error = Assert.Throws<StorageException>(() => Ring.Open(options, _bench.Clock, _bench.Observer, []));
        Assert.Contains("MiB are free", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_foreign_file_is_named_and_left_alone()
    {
        File.WriteAllText(Path.Combine(_bench.Options.Folder, "holiday.mp4"), "not ours");
        _bench.Open().Record(Gate, 1500);
        Assert.EndsWith("holiday.mp4", Assert.Single(_bench.Ring.ForeignFiles), StringComparison.Ordinal);
        Assert.Equal("not ours", File.ReadAllText(Path.Combine(_bench.Options.Folder, "holiday.mp4")));
    }

    [Fact]
    public void A_lease_keeps_its_segments_until_it_is_given_back()
    {
        _bench.Options = _bench.Options with { LeaseGrace = TimeSpan.FromHours(1) };
        _bench.Open();
        _bench.Record(Gate, 40);
        using var lease = _bench.Ring.Lease(Gate, 0, long.MaxValue, fromSync: false);
        _bench.Record(Gate, 2500);
        Assert.Equal(Enumerable.Range(1, 40), lease.Fragments.Select(f => _bench.NumberOf(f)));
        Assert.False(lease.Cut.IsCancellationRequested);
    }

    [Fact]
    public void A_range_without_footage_is_an_empty_lease()
    {
        using var lease = _bench.Open().Ring.Lease(Gate, 0, long.MaxValue, fromSync: true);
        Assert.Empty(lease.Fragments);
        Assert.False(lease.Cut.IsCancellationRequested);
    }

    [Fact]
    public void A_lease_held_too_long_is_cut_and_reads_nothing_wrong()
    {
        _bench.Open();
        _bench.Record(Gate, 1500);
        using var lease = _bench.Ring.Lease(Gate, 0, long.MaxValue, fromSync: false);   // all there is: something of it has to go
        for (var i = 0; i < 10 && !lease.Cut.IsCancellationRequested; i++)
            _bench.Record(Gate, 500);
        Assert.True(lease.Cut.IsCancellationRequested);
        var record = new byte[lease.Fragments[0].Length];
        for (var i = 0; i < 40 && _bench.Ring.TryRead(lease.Fragments[0], 0, record); i++)
            _bench.Record(Gate, 50);                        // given up; its bytes go when somebody needs the place
        Assert.False(_bench.Ring.TryRead(lease.Fragments[0], 0, record));
    }

    [Fact]
    public void A_boot_in_1970_is_dated_anew_when_a_trusted_clock_comes()
    {
        var right = _bench.Clock.Utc;
        _bench.Clock.Utc = 7_000_000;
        _bench.Clock.Trust = EdgeRecorder.Media.ClockQuality.Unset;
        _bench.Open();
        _bench.Record(Gate, 30);
        Assert.InRange(Spans(Gate)[0].FromUtcUs, 0, 60_000_000);
        _bench.Clock.Utc = right + 30_000_000;
        _bench.Clock.Trust = EdgeRecorder.Media.ClockQuality.Ntp;
        _bench.Ring.Flush();
        Assert.Equal(right + 1_000_000, Spans(Gate)[0].FromUtcUs);
        Crash();
        _bench.Clock.Reboot();
        _bench.Open();
        Assert.Equal(PreviousStop.PowerCut, _bench.Ring.PreviousStop);
    }

    [Fact]
    public void A_cut_before_the_first_record_of_a_segment_sets_neither_sequence_nor_media_time_back()
    {
        _bench.Open().Record(Gate, 60);                     // one segment full, the next begun
        var mediaEnd = _bench.Ring.OpenStream(Gate, RingBench.Identity(1), 0).MediaEnd90k;
        Crash();
        foreach (var path in Directory.GetFiles(_bench.Options.Folder, "000002.mp4", SearchOption.AllDirectories))
        {
            var bytes = File.ReadAllBytes(path);
            bytes.AsSpan(4096).Clear();                     // its header was durable, none of its records
            File.WriteAllBytes(path, Unlinked(bytes));
        }
        _bench.Open();
        var found = _bench.NumbersOf(Gate);
        var first = found.Count;
        Assert.Equal(Enumerable.Range(1, first), found);
        Assert.InRange(_bench.Ring.OpenStream(Gate, RingBench.Identity(1), 0).MediaEnd90k, first * 90_000, mediaEnd);
        _bench.Record(Gate, 100);
        _bench.Ring.Dispose();
        using var output = new StringWriter();
        Assert.True(Fsck.Run(_bench.Folder, output, TextWriter.Null) == 0, output.ToString());
    }

    [Fact]
    public void What_a_cut_kept_behind_a_lost_record_does_not_come_back_in_a_later_boot()
    {
        _bench.Open().Record(Gate, 12);
        List<FragmentRef> before;
        using (var lease = _bench.Ring.Lease(Gate, 0, long.MaxValue, fromSync: false))
            before = [.. lease.Fragments];
        _bench.Ring.Dispose();
        var path = Directory.GetFiles(_bench.Options.Folder, "*.mp4", SearchOption.AllDirectories)[0];
        var bytes = File.ReadAllBytes(path);
        var end = before[9].Offset + before[9].Length;
        EdgeRecorder.Storage.Format.BoxType.WriteFree(bytes.AsSpan(end), bytes.Length - end);   // 11 and 12 were not linked,
        bytes[before[10].Offset + 5000] ^= 1;                                                  // 11 did not arrive whole
        File.WriteAllBytes(path, bytes);
        _bench.Clock.Reboot();
        _bench.Open();
        Assert.Equal(Enumerable.Range(1, 10), _bench.NumbersOf(Gate));
        _bench.Record(Gate, 1);                             // as long as 11 was, so 12 begins where the next would
        _bench.Ring.Dispose();
        _bench.Open();
        Assert.Equal([.. Enumerable.Range(1, 10), 13], _bench.NumbersOf(Gate));
    }

    [Fact]
    public void A_file_of_another_ring_is_never_written()
    {
        using var other = new RingBench();
        other.Open().Record(Yard, 60);
        other.Ring.Dispose();
        _bench.Open().Ring.Dispose();
        var (theirs, ours) = (Path.Combine(other.Options.Folder, "0000", "000001.mp4"), Path.Combine(_bench.Options.Folder, "0000", "000001.mp4"));
        File.Delete(Path.ChangeExtension(ours, ".free"));
        File.Copy(theirs, ours);
        foreach (var file in Directory.GetFiles(_bench.Folder, "index.db*"))
            File.Delete(file);
        _bench.Open().Record(Gate, 2500);
        Assert.Equal(File.ReadAllBytes(theirs), File.ReadAllBytes(ours));
        Assert.Contains("belongs to segment 1 of volume", Assert.Single(_bench.Ring.Recovery.Refused).Why, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unused_file_that_a_cut_left_short_gets_its_size_back()
    {
        _bench.Open().Ring.Dispose();
        var path = Path.Combine(_bench.Options.Folder, "0000", "000003.free");
        using (var file = File.OpenWrite(path))
            file.SetLength(0);
        _bench.Open();
        Assert.Equal(1 << 20, new FileInfo(path).Length);
    }

    /// <summary>The first link undone: the `free` behind the header covers the whole file again.</summary>
    private static byte[] Unlinked(byte[] segment)
    {
        var header = EdgeRecorder.Storage.Format.SegmentHeader.Parse(segment.AsSpan(0, 4096), segment.Length);
        EdgeRecorder.Storage.Format.BoxType.WriteFree(segment.AsSpan(header.Length), segment.Length - header.Length);
        return segment;
    }

    private List<FootageSpan> Spans(StreamKey key) => [.. _bench.Ring.Spans(key, 0, long.MaxValue)];

    /// <summary>Names without their ending, and lengths.</summary>
    private List<(string Name, long Length)> Files()
        => [.. Directory.GetFiles(_bench.Options.Folder, "*", SearchOption.AllDirectories).Order().Select(f => (Path.ChangeExtension(f, null), new FileInfo(f).Length))];

    /// <summary>Retired segments have been passed on, sealed ones sealed.</summary>
    private void Settle()
    {
        _bench.Ring.Flush();
        Wait.Until(() => _bench.Ring.Status().Available >= 4);
    }

    /// <summary>What a killed process leaves: the ring is abandoned, its files are copied as they are.</summary>
    /// <summary>What a power cut leaves of the files as they are now. The index first: a cut may leave an older one than the segments are, never a newer one.</summary>
    private void Crash()
    {
        var copy = Directory.CreateTempSubdirectory("killed-").FullName;
        foreach (var path in Directory.GetFiles(_bench.Folder, "index.db*"))
            File.Copy(path, Path.Combine(copy, Path.GetFileName(path)));
        System.Diagnostics.Process.Start("cp", ["-an", _bench.Folder + "/.", copy])!.WaitForExit();
        _bench.Ring.Dispose();
        Directory.Delete(_bench.Folder, recursive: true);
        Directory.Move(copy, _bench.Folder);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Pre_roll_that_nothing_locked_is_overwritten_first_also_after_a_start_without_an_index(bool withoutIndex)
    {
        _bench.Open();
        _bench.Ring.SetPreRoll(2, true);
        _bench.Record(Gate, 300);                           // six of 32 segments, older than all that follows
        _bench.Record(Yard, 300);
        var wanted = _bench.NumbersOf(Gate);
        var locked = _bench.NumbersOf(Yard)[141..158];
        _bench.Ring.Locks.TryPin("event", Yard, _bench.Clock.Utc - 160_000_000, _bench.Clock.Utc - 140_000_000);
        if (withoutIndex)
        {
            _bench.Ring.Dispose();
            foreach (var file in Directory.GetFiles(_bench.Folder, "index.db*"))
                File.Delete(file);
            _bench.Open();
            _bench.Ring.Locks.TryPin("event", Yard, _bench.Clock.Utc - 160_000_000, _bench.Clock.Utc - 140_000_000);
            _bench.Ring.SetPreRoll(2, true);
        }
        _bench.Clock.Advance((long)RingOptions.PreRollKept.TotalMicroseconds);
        _bench.Record(new StreamKey(3, 0), 900);            // 18 segments: more than is free, less than with the pre-roll
        Wait.Until(() => _bench.Ring.Status().Available >= 3);
        Assert.Equal(wanted, _bench.NumbersOf(Gate));
        var left = _bench.NumbersOf(Yard);
        Assert.Subset(left.ToHashSet(), locked.ToHashSet());
        Assert.DoesNotContain(1, left);
        Assert.DoesNotContain(_bench.Observer.Evictions, e => e.Stream == Gate);
    }

    [Fact]
    public void Pre_roll_that_is_younger_than_an_alarm_may_be_late_goes_in_its_turn()
    {
        _bench.Open();
        _bench.Ring.SetPreRoll(2, true);
        _bench.Record(Gate, 600);
        _bench.Record(Yard, 300);                           // a second each: 5 minutes
        _bench.Record(Gate, 600);
        Wait.Until(() => _bench.Ring.Status().Available >= 3);
        Assert.DoesNotContain(1, _bench.NumbersOf(Gate));
        Assert.Contains(1, _bench.NumbersOf(Yard));
    }

    [Fact]
    public void A_segment_in_which_anything_was_wanted_is_no_pre_roll()
    {
        _bench.Open();
        _bench.Ring.SetPreRoll(2, true);
        _bench.Record(Yard, 20);
        _bench.Ring.SetPreRoll(2, false);
        _bench.Record(Yard, 10);
        _bench.Ring.SetPreRoll(2, true);
        _bench.Record(Yard, 270);
        _bench.Clock.Advance((long)RingOptions.PreRollKept.TotalMicroseconds);
        _bench.Record(Gate, 1250);
        Wait.Until(() => _bench.Ring.Status().Available >= 3);
        var left = _bench.NumbersOf(Yard);
        Assert.Equal(Enumerable.Range(1, 30), left.Where(n => n <= 30));
        Assert.DoesNotContain(60, left);                    // of the segment behind it
    }

    [Fact]
    public void Another_name_stands_in_the_next_segment_and_a_limit_counts_at_once()
    {
        var key = new StreamKey(1, 0);
        _bench.Open();
        using var stream = _bench.Ring.OpenStream(key, RingBench.Identity(1), 0);
        Offer(200);                                         // four segments
        stream.Describe(RingBench.Identity(1) with { Name = "Back door" }, 5);
        Offer(1);                                           // the open segment keeps its header
        Assert.DoesNotContain(Heads(), head => head.Contains("Back door", StringComparison.Ordinal));
        Offer(60);
        Assert.Contains(Heads(), head => head.Contains("Back door", StringComparison.Ordinal));

        var before = _bench.NumbersOf(key).Count;
        _bench.Ring.SetQuota(1, new RingQuota(null, 2 << 20, null, null));
        Wait.Until(() => _bench.NumbersOf(key).Count <= 2 * (before / 5));

        void Offer(int count)
        {
            for (var i = 0; i < count; i++)
            {
                var fragment = _bench.Next(key, startsRun: i == 0);
                Wait.Until(() => stream.Offer(fragment));
                fragment.Release();
            }
            _bench.Ring.Flush();
        }

        IEnumerable<string> Heads() => Directory.EnumerateFiles(_bench.Options.Folder, "*.mp4", SearchOption.AllDirectories).Select(path =>
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            var head = new byte[4096];
            file.ReadExactly(head);
            return System.Text.Encoding.Latin1.GetString(head);
        });
    }
}
