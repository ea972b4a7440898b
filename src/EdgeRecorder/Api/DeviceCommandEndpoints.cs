using EdgeRecorder.Api.Security;
using EdgeRecorder.Devices;
using EdgeRecorder.Ledger;
using Microsoft.AspNetCore.Http.HttpResults;

namespace EdgeRecorder.Api;

/// <summary>/api/v1/devices/{id}/commands: tells a device to do something by itself.</summary>
internal static class DeviceCommandEndpoints
{
    private static readonly Dictionary<string, DeviceCommand> Commands = new(StringComparer.Ordinal)
    {
        ["record-start"] = DeviceCommand.RecordStart, ["record-stop"] = DeviceCommand.RecordStop, ["arm"] = DeviceCommand.Arm, ["disarm"] = DeviceCommand.Disarm, ["reset-alarm"] = DeviceCommand.ResetAlarm,
        ["home-on"] = DeviceCommand.HomeOn, ["home-off"] = DeviceCommand.HomeOff, ["sync-sample"] = DeviceCommand.SyncSample, ["reboot"] = DeviceCommand.Reboot,
    };

    public static void MapDeviceCommands(this IEndpointRouteBuilder routes)
        => routes.MapPost("/devices/{id}/commands", Tell).WithTags("devices").RequireAuthorization(Roles.Operator);

    private static async Task<Results<NoContent, ProblemHttpResult>> Tell(
        string id, NewDeviceCommand body, HttpContext context, DeviceCatalog catalog, DeviceProtocols protocols, AuditStore audit, CancellationToken stop)
    {
        if (catalog.Find(id) is not { } device || protocols.Of(device) is not { } protocol)
            return DeviceEndpoints.Unknown(id);
        if (!Commands.TryGetValue(body.Command, out var command))
            return Problems.Bad($"command: \"{body.Command}\" is not one of {string.Join(", ", Commands.Keys)}");
        if (body.Channel is { } channel && !protocol.IsChannel(channel))
            return Problems.Bad($"channel: \"{channel}\" is not one of that protocol");
        if (body.Preset is < 1 or > 255 || command == DeviceCommand.HomeOn && body.Preset is null)
            return Problems.Bad("preset: is not between 1 and 255");
        if (body.Seconds is < 0 or > 86_400)
            return Problems.Bad("seconds: is not between 0 and 86400");
        if (command == DeviceCommand.Reboot && !context.User.IsInRole(Roles.Admin))
            return Problems.Of(StatusCodes.Status403Forbidden, "restarting devices is for admin");
        try
        {
            await protocol.CommandAsync(device, new DeviceOrder(command, body.Channel, body.Preset, body.Seconds), stop);
        }
        catch (DeviceException e)
        {
            return DeviceEndpoints.Of(e);
        }
        audit.Add(context, "device.command", $"{id} {body.Command} {body.Channel}".TrimEnd());
        return TypedResults.NoContent();
    }
}

/// <param name="Command">record-start, record-stop (on the device's own storage), arm, disarm, reset-alarm, home-on, home-off, sync-sample, reboot (admin).</param>
/// <param name="Channel">The device's own name of it; null: the device itself.</param>
/// <param name="Preset">home-on: where the camera goes back to, 1 to 255.</param>
/// <param name="Seconds">home-on: how long nobody has to have moved it.</param>
internal sealed record NewDeviceCommand(string Command, string? Channel = null, int? Preset = null, int? Seconds = null);
