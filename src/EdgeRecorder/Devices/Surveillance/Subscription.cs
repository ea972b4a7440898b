using EdgeRecorder.Gb28181.Manscdp;
using EdgeRecorder.Sip;

namespace EdgeRecorder.Devices.Surveillance;

/// <summary>
/// One subscription at a device, renewed while the device is there. What it brings is taken as anything a device says. One that the device does not know is not asked for again before it
/// comes back.
/// </summary>
/// <param name="package">Event.</param>
internal sealed partial class Subscription(SurveillanceDevice device, ManscdpDocument query, string package, TimeProvider time, ILogger log) : IDialogOwner
{
    public const int ExpiresSeconds = 600;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(60);

    private volatile TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The device confirmed it.</summary>
    public bool IsOn { get; private set; }

    public async Task RunAsync(CancellationToken gone)
    {
        try
        {
            while (await OnceAsync(gone))
                await Task.Delay(Pause, time, gone);
        }
        catch (OperationCanceledException) when (gone.IsCancellationRequested)
        {
            // The device has gone, and its subscription with it.
        }
        finally
        {
            IsOn = false;
        }
    }

    public void Take(SipIncoming incoming) => incoming.Answer(405);

    public void Told(ManscdpDocument document) { }          // devices that say something else inside of it say nothing that is waited for

    public void Ended(string why) => _ended.TrySetResult();

    /// <summary>From subscribing to the end of it. False: the device does not do that.</summary>
    private async Task<bool> OnceAsync(CancellationToken gone)
    {
        SipOpening opening;
        try
        {
            opening = await device.SubscribeAsync(query, package, ExpiresSeconds, gone);
        }
        catch (DeviceException)                             // it went in this moment; it is cancelled next
        {
            return true;
        }
        if (opening.Dialog is not { } dialog)
        {
            if (opening.Final.IsMadeHere || opening.Final.Status >= 500)
                return true;
            LogRefused(device.Id, query.CmdType, opening.Final.Status);
            return false;
        }
        _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        dialog.Owner = this;
        IsOn = true;
        try
        {
            for (var granted = Granted(opening.Final); !dialog.IsOver && await IsDueAsync(granted, gone); granted = Granted(opening.Final))
            {
                dialog.Flow = device.Flow ?? dialog.Flow;
                var renewed = await dialog.SendAsync("SUBSCRIBE", [("Event", package), ("Expires", $"{ExpiresSeconds}")], ManscdpDocument.ContentType, device.Bytes(device.Addressed(query)))
                    .WaitAsync(SipTimes.Patience, time, gone);
                if (!renewed.IsSuccess)
                    break;                                  // it has forgotten it: from the beginning
            }
        }
        catch (TimeoutException)
        {
            // No answer at all: from the beginning.
        }
        finally
        {
            dialog.Drop();
            IsOn = false;
        }
        return true;
    }

    /// <summary>True when it has to be renewed; false when the device ended it.</summary>
    private async Task<bool> IsDueAsync(TimeSpan granted, CancellationToken gone)
    {
        var ended = _ended.Task;
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(gone);
        var due = Task.Delay(granted * 0.8, time, waiting.Token);
        var first = await Task.WhenAny(ended, due);
        await waiting.CancelAsync();
        gone.ThrowIfCancellationRequested();
        return first == due;
    }

    /// <summary>At least half a minute: a device that grants nothing must not be asked all the time.</summary>
    private static TimeSpan Granted(SipMessage final) => TimeSpan.FromSeconds(Math.Clamp(final.ExpiresSeconds ?? ExpiresSeconds, 30, ExpiresSeconds));

    [LoggerMessage(Level = LogLevel.Information, Message = "Device {Id} takes no subscription to {What}: {Status}")]
    private partial void LogRefused(string id, string what, int status);
}
