#!/usr/bin/python3
"""GStreamer's RTSP server as a camera that others wrote. Prints its URL, serves until its standard input closes.

usage: gstreamer_camera.py CODEC AUDIO [WIDTHxHEIGHT]     CODEC h264|h265, AUDIO none|aac|alaw|ulaw
"""
import sys
import gi
gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

VIDEO = {
    "h264": "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=25 bitrate=800 ! video/x-h264,profile=main ! rtph264pay name=pay0 pt=96 config-interval={interval}",
    "h265": "x265enc tune=zerolatency speed-preset=ultrafast key-int-max=25 bitrate=800 ! rtph265pay name=pay0 pt=96 config-interval={interval}",
}
AUDIO = {
    "none": "",
    "aac": " audiotestsrc is-live=true wave=ticks ! audio/x-raw,rate=48000,channels=2 ! avenc_aac ! rtpmp4gpay name=pay1 pt=97",
    "alaw": " audiotestsrc is-live=true wave=ticks ! audio/x-raw,rate=8000,channels=1 ! alawenc ! rtppcmapay name=pay1 pt=8",
    "ulaw": " audiotestsrc is-live=true wave=ticks ! audio/x-raw,rate=8000,channels=1 ! mulawenc ! rtppcmupay name=pay1 pt=0",
}


def main():
    codec, audio = sys.argv[1], sys.argv[2]
    width, height = (sys.argv[3] if len(sys.argv) > 3 else "320x240").split("x")
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service("0")
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(
        f"( videotestsrc is-live=true pattern=ball ! video/x-raw,format=I420,width={width},height={height},framerate=25/1 ! "
        + VIDEO[codec].format(interval=0) + AUDIO[audio] + " )")
    server.get_mount_points().add_factory("/cam", factory)
    server.attach(None)
    print(f"rtsp://127.0.0.1:{server.get_bound_port()}/cam", flush=True)
    loop = GLib.MainLoop()
    GLib.io_add_watch(sys.stdin.fileno(), GLib.IO_IN | GLib.IO_HUP, lambda *_: loop.quit())
    loop.run()


main()
