using EdgeRecorder.Storage;

namespace EdgeRecorder.Tests.Storage;

/// <summary>EIO at every kind of call: one segment is given up, nothing acknowledged is lost, nothing stands twice, before and after a start without an index.</summary>
public sealed class DiskFaultTests : IDisposable
{
    private static readonly StreamKey Gate = new(1, 0), Yard = new(2, 0);
    private readonly RingBench _bench = new();
    private readonly FaultyDevice _device = new();

    public void Dispose() => _bench.Dispose();

    public static TheoryData<string, int> Calls()
    {
        var data = new TheoryData<string, int>();
        foreach (var call in new[] { DiskCall.Write, DiskCall.Sync, DiskCall.Writeback })
            foreach (var nth in call == DiskCall.Write ? new[] { 1, 2, 3, 5, 20, 47, 60, 90, 131 } : [1, 2, 3, 5, 8, 13, 20, 24])
                data.Add(call.ToString(), nth);
        return data;
    }

    [Theory, MemberData(nameof(Calls))]
    public void One_failing_call_loses_and_doubles_nothing(string call, int nth)
    {
        var (wanted, left) = (Enum.Parse<DiskCall>(call), nth);
        _device.Fails = (c, _, _) => c == wanted && Interlocked.Decrement(ref left) == 0;
        _bench.Open(_device);
        for (var i = 0; i < 12; i++)
        {
            _bench.Record(Gate, 8, gop: 4);
            _bench.Record(Yard, 7, gop: 4);
        }
        Assert.True(left <= 0, $"only {nth - left} calls of {call}");
        Assert.Single(_bench.Observer.Faults);
        Assert.Equal(1, _bench.Ring.Status().Quarantined);
        Assert.Null(_bench.Ring.Status().VolumeFault);
        HoldsAll();
        _bench.Ring.Dispose();
        _bench.Open();
        HoldsAll();
        _bench.Ring.Dispose();
        File.Delete(_bench.Options.IndexPath);
        _bench.Open();                                      // now the segments alone say it
        HoldsAll();
    }

    [Fact]
    public void Three_faults_within_an_hour_are_a_fault_of_the_volume()
    {
        var left = 0;
        _device.Fails = (c, _, _) => c == DiskCall.Sync && Interlocked.Decrement(ref left) == 0;
        _bench.Open(_device);
        for (var i = 1; i <= 3; i++)
        {
            Assert.Null(_bench.Ring.Status().VolumeFault);
            left = 2;
            _bench.Record(Gate, 60);
            _bench.Clock.Advance(120_000_000);
        }
        Assert.Contains("3 disk faults", _bench.Ring.Status().VolumeFault, StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(1, 180), _bench.NumbersOf(Gate));
        _bench.Clock.Advance(3_600_000_000);
        Assert.Null(_bench.Ring.Status().VolumeFault);
    }

    [Fact]
    public void A_disk_that_is_gone_takes_few_segments_with_it_and_recording_goes_on_when_it_is_back()
    {
        _bench.Open(_device);
        _bench.Record(Gate, 30);
        _device.Fails = (c, _, _) => c != DiskCall.Read;
        for (var i = 0; i < 5; i++)
            _bench.Record(Gate, 20);
        Assert.InRange(_bench.Ring.Status().Quarantined, 3, 8);        // its 100 s, three a minute
        Assert.NotEmpty(_bench.Observer.Drops);
        _device.Fails = null;
        _bench.Clock.Advance(120_000_000);
        _bench.Record(Gate, 30);
        var numbers = _bench.NumbersOf(Gate);
        Assert.Equal(Enumerable.Range(1, 30), numbers.Take(30));
        Assert.Equal(Enumerable.Range(131, 30), numbers.TakeLast(30));
    }

    [Fact]
    public void A_seal_that_cannot_be_written_costs_the_segment_its_future_not_its_footage()
    {
        var left = 1;
        _device.Fails = (c, _, offset) => c == DiskCall.Write && offset == new EdgeRecorder.Storage.Format.Geometry(1 << 20).SealOffset && Interlocked.Decrement(ref left) == 0;
        _bench.Open(_device).Record(Gate, 300);
        Wait.Until(() => _bench.Ring.Status().Quarantined == 1);
        Assert.Equal(Enumerable.Range(1, 300), _bench.NumbersOf(Gate));
    }

    [Fact]
    public void A_bad_place_in_one_segment_hides_no_other()
    {
        _bench.Open(_device).Record(Gate, 300);
        Wait.Until(() => _bench.Ring.Status().Open == 1);
        _device.Fails = (c, path, _) => c == DiskCall.Read && path.EndsWith("000002.mp4", StringComparison.Ordinal);
        var numbers = _bench.NumbersOf(Gate);
        Assert.InRange(numbers.Count, 240, 270);
        Assert.Equal(1, numbers[0]);
        Assert.Equal(300, numbers[^1]);
        Assert.NotEmpty(_bench.Observer.Holes);
    }

    [Fact]
    public void A_file_that_was_taken_away_does_not_stop_the_recorder()
    {
        _bench.Open(_device);
        File.Delete(Directory.GetFiles(_bench.Options.Folder, "000001.free", SearchOption.AllDirectories)[0]);
        _bench.Record(Gate, 60);
        Assert.Equal(Enumerable.Range(1, 60), _bench.NumbersOf(Gate));
        Assert.Single(_bench.Observer.Faults);
    }

    private void HoldsAll()
    {
        Assert.Equal(Enumerable.Range(1, 96), _bench.NumbersOf(Gate));
        Assert.Equal(Enumerable.Range(1, 84), _bench.NumbersOf(Yard));
        Assert.Empty(_bench.Observer.Drops);
    }
}
