using EdgeRecorder.Media;
using EdgeRecorder.Sound;
using EdgeRecorder.Tests.Audio;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeRecorder.Tests.Sound;

/// <summary>What becomes of speech that MP4 does not carry. What it sounds like in the end the system tests say, codec by codec.</summary>
public sealed class StoredSpeechTests : IDisposable
{
    private const int Packet = 320, Rate = 8000;

    private readonly StoredSpeech _speech = new(new AacSound(NullLogger<AacSound>.Instance));
    private readonly List<(long Time, int Bytes)> _frames = [];

    public void Dispose() => _speech.Dispose();

    [Fact]
    public void Frames_follow_each_other_without_a_hole_and_keep_up_with_what_comes()
    {
        Say(from: 3_000_000, packets: 100);
        Assert.Equal((Codec.Aac, 16_000, 1), (_speech.Track.Codec, _speech.Track.TimeScale, _speech.Track.ChannelCount));
        Assert.InRange(_frames[0].Time, 2 * 3_000_000 - SpeechEncoder.FrameSamples, 2 * 3_000_000);
        Assert.All(_frames.Zip(_frames.Skip(1)), pair => Assert.Equal(SpeechEncoder.FrameSamples, pair.Second.Time - pair.First.Time));
        Assert.All(_frames, frame => Assert.InRange(frame.Bytes, 1, 2000));
        var end = 2 * (3_000_000 + 100 * Packet);
        Assert.InRange(_frames[^1].Time, end - 4 * SpeechEncoder.FrameSamples, end);
    }

    [Theory]
    [InlineData(60L * Rate)]
    [InlineData(-60L * Rate)]
    [InlineData(24L * 3600 * Rate)]                         // not filled with a day of silence
    public void Behind_a_jump_of_the_clock_sound_goes_on_where_the_clock_is(long jump)
    {
        const long start = 100L * 3600 * Rate;
        Say(start, 50);
        var before = _frames.Count;
        Say(start + jump, 50);
        Assert.InRange(_frames[before].Time, 2 * (start + jump) - SpeechEncoder.FrameSamples, 2 * (start + jump));
        Assert.InRange(_frames.Count - before, before - 1, before + 1);
    }

    [Fact]
    public void What_is_missing_in_between_is_silence()
    {
        Say(0, 25);
        Say(25 * Packet + Rate / 2, 25);
        Assert.All(_frames.Zip(_frames.Skip(1)), pair => Assert.Equal(SpeechEncoder.FrameSamples, pair.Second.Time - pair.First.Time));
    }

    private void Say(long from, int packets)
    {
        var tone = Tone.Of(1000, packets * Packet);
        for (var i = 0; i < packets; i++)
            Assert.True(_speech.TryAdd(from + i * Packet, tone.AsSpan(i * Packet, Packet), (time, bytes) => _frames.Add((time, bytes.Length))));
    }
}
